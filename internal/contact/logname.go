package contact

import (
	"strconv"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// LogName is a log's origin taken apart: NAME/keys, or NAME/2/keys for the log that replaced it.
type LogName struct {
	Server string // NAME: no slash
	N      int    // 1 for a log that replaced none
	Kind   string // "keys" or "msgs"
}

// ParseLogName reads an origin; false for one that no server of ours has.
func ParseLogName(origin string) (LogName, bool) {
	parts := strings.Split(origin, "/")
	n := LogName{Server: parts[0], N: 1, Kind: parts[len(parts)-1]}
	if len(parts) == 3 {
		i, err := translog.ParseInt(parts[1])
		if err != nil || i < 2 || i > 1<<20 {
			return LogName{}, false
		}
		n.N = int(i)
	}
	return n, n.Server != "" && len(parts) <= 3 && n.String() == origin && (n.Kind == keysLog[1:] || n.Kind == msgsLog[1:])
}

// String is the origin.
func (n LogName) String() string {
	if n.N > 1 {
		return n.Server + "/" + strconv.Itoa(n.N) + "/" + n.Kind
	}
	return n.Server + "/" + n.Kind
}

// Path is where its server gives the log out (C2SP tlog-tiles), such as /log/2/keys/.
func (n LogName) Path() string { return "/log" + strings.TrimPrefix(n.String(), n.Server) + "/" }

// Next is the log that replaces it, should it ever be damaged.
func (n LogName) Next() LogName { return LogName{n.Server, n.N + 1, n.Kind} }
