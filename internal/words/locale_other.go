//go:build !windows

package words

const systemUTF8 = false

func systemLocale() string { return "" }
