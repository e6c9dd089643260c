# Runs a server until the pipe on standard input ends, which it does when the process that started
# this one ends, however that happens. Then stops the server at once and removes its files.
# Arguments: the folder of the files, the program, its arguments.
dir=$1
shift
exec 3<&0 </dev/null
"$@" >>"$dir/log" 2>&1 3<&- &
server=$!
(
	cat <&3 >/dev/null
	: >"$dir/ended"
	kill -QUIT "$server" 2>/dev/null
) &
wait "$server"
code=$?
if [ -e "$dir/ended" ]; then
	rm -rf "$dir"
	exit 0
fi
exit "$code"
