package words

import "strings"

// System returns the locale of the catalogue that fits the system: LC_ALL, LC_MESSAGES,
// LANGUAGE and LANG in that order, then what the operating system says where it has its own
// way. getenv is [os.Getenv], or a stand-in for a test.
func System(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"} {
		value, _, _ := strings.Cut(getenv(name), ":")
		switch language(value) {
		case "":
			continue
		case "es":
			return "es"
		default:
			return "en"
		}
	}
	return For(systemLocale()).Locale()
}

// UTF8 reports whether the terminal's character set can show more than ASCII, as far as the
// environment tells. Windows terminals can.
func UTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return systemUTF8
}

// language returns the lower-case language of a locale name; "" for none, C and POSIX count
// as English.
func language(locale string) string {
	if i := strings.IndexAny(locale, "_-.@"); i >= 0 {
		locale = locale[:i]
	}
	return strings.ToLower(locale)
}
