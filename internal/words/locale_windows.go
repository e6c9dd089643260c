package words

import (
	"syscall"
	"unsafe"
)

const systemUTF8 = true

// systemLocale asks Windows for the reader's locale, such as "es-MX".
func systemLocale() string {
	const maxLen = 85 // LOCALE_NAME_MAX_LENGTH
	var name [maxLen]uint16
	proc := syscall.NewLazyDLL("kernel32.dll").NewProc("GetUserDefaultLocaleName")
	if proc.Find() != nil {
		return ""
	}
	if n, _, _ := proc.Call(uintptr(unsafe.Pointer(&name[0])), maxLen); n == 0 {
		return ""
	}
	return syscall.UTF16ToString(name[:])
}
