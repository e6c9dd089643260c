package indicator

import (
	"slices"
	"strings"
	"unicode"
)

// topLevel are the generic top-level domains that we take for a domain without a scheme;
// every word of two letters counts too.
const topLevel = " com net org info biz edu gov mil int online site xyz top shop app dev link click live club store icu" +
	" health clinic care doctor support help page web cloud email mobi name pro tech website space fun life world" +
	" today vip win bid loan work chat zone center services agency bank money finance pay cash law legal" +
	" lol fyi zip mov cyou sbs monster buzz guru cfd lat rocks quest cam webcam stream beauty surgery dental hospital" +
	" fit bio social systems solutions digital technology" +
	" example invalid test localhost onion "

// isLink finds links, domains, addresses of email and handles.
func isLink(w string) bool {
	if strings.Contains(w, "://") || strings.HasPrefix(w, "www.") || strings.HasPrefix(w, "mailto:") || strings.HasPrefix(w, "tel:") {
		return true
	}
	if i := strings.LastIndexByte(w, '@'); i >= 0 {
		return len(w)-i > 2 && strings.IndexFunc(w[i:], unicode.IsLetter) >= 0
	}
	host := w
	path := false
	if i := strings.IndexAny(w, "/?#:"); i >= 0 {
		host, path = w[:i], w[i] == '/' && i+1 < len(w)
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || strings.IndexFunc(l, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-'
		}) >= 0 {
			return false
		}
	}
	last := labels[len(labels)-1]
	if countDigits(host)+len(labels)-1 == len(host) && len(labels) == 4 && path {
		return true // a numeric address with a path
	}
	if strings.HasPrefix(last, "xn--") {
		return true
	}
	if strings.IndexFunc(last, func(r rune) bool { return !unicode.IsLetter(r) }) >= 0 {
		return false
	}
	if strings.IndexFunc(last, func(r rune) bool { return r >= 0x80 && !unicode.Is(unicode.Latin, r) }) >= 0 {
		return true // such domains exist, and "cοm" may have a Greek letter in it
	}
	letters := len([]rune(last))
	first := len([]rune(labels[0]))
	return letters == 2 && (first > 1 || path) || letters > 2 && (path || strings.Contains(topLevel, " "+last+" "))
}

// isWallet finds addresses of cryptocurrencies and IBANs: letters and digits in one long
// word. Case matters for some of them.
func isWallet(w string) bool {
	if i := strings.LastIndexByte(w, ':'); i >= 0 {
		w = w[i+1:] // bitcoin:…
	}
	letters, digits := 0, 0
	for i := range len(w) {
		c := w[i]
		switch {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			letters++
		default:
			return false
		}
	}
	if len(w) >= 25 && digits > 0 && letters > 0 {
		return true
	}
	if len(w) >= 32 && mixedCase(w) {
		return true // Solana's may have no digit in them
	}
	iban := len(w) >= 15 && digits >= 10 && isUpper(w[0]) && isUpper(w[1]) && countDigits(w[2:4]) == 2
	lower := strings.ToLower(w)
	return iban || len(w) >= 14 && (strings.HasPrefix(lower, "bc1") || strings.HasPrefix(lower, "ltc1"))
}

// mixedCase reports whether a word has capitals and small letters as no word of a language has.
func mixedCase(w string) bool {
	capitals := 0
	for i := 1; i < len(w); i++ {
		if isUpper(w[i]) && !isUpper(w[i-1]) {
			capitals++
		}
	}
	return capitals >= 3
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

const currencyWords = " usd eur gbp cad aud mxn chf jpy cny dollar dollars euro euros pound pounds peso pesos dólar dólares" +
	" libra libras cent cents centavos btc bitcoin bitcoins eth ether usdt usdc xmr ltc tether bucks "

// amount finds amounts of money that begin at word i.
func (s *scanner) amount(i int) int {
	w := s.words[i].text
	if strings.IndexFunc(w, isCurrency) >= 0 {
		if countDigits(w) > 0 {
			if !s.ends(i) && isScale(s.words[i+1].text) {
				return 2
			}
			return 1
		}
		if !s.ends(i) && plainNumber(s.words[i+1].text) {
			return 2
		}
		return 0
	}
	if glued(w) {
		return 1
	}
	if s.ends(i) {
		return 0
	}
	next := s.words[i+1].text
	if plainNumber(w) {
		if isWord(currencyWords, next) || strings.IndexFunc(next, isCurrency) == 0 && countDigits(next) == 0 {
			return 2
		}
		if isScale(next) && i+2 < len(s.words) && isWord(currencyWords, s.words[i+2].text) {
			return 3
		}
	}
	if isWord(currencyWords, w) && plainNumber(next) {
		return 2
	}
	return 0
}

// glued finds "usd500" and "500usd".
func glued(w string) bool {
	letter := func(r rune) bool { return unicode.IsLetter(r) }
	if i := strings.IndexFunc(w, func(r rune) bool { return !letter(r) }); i > 0 {
		return isWord(currencyWords, w[:i]) && plainNumber(w[i:])
	}
	i := strings.IndexFunc(w, letter)
	return i > 0 && isWord(currencyWords, w[i:]) && plainNumber(w[:i])
}

func isCurrency(r rune) bool { return unicode.Is(unicode.Sc, r) }

func isScale(w string) bool {
	return isWord(" k thousand million mil millón millones ", w)
}

func isWord(list, w string) bool { return w != "" && strings.Contains(list, " "+w+" ") }

func plainNumber(w string) bool {
	w = strings.TrimSuffix(w, "k")
	return countDigits(w) > 0 && strings.Trim(w, "0123456789.,'-") == ""
}

const months = " january february march april may june july august september october november december" +
	" jan feb mar apr jun jul aug sep sept oct nov dec" +
	" enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre" +
	" ene abr ago dic "

const periods = " minute minutes min mins hour hours hrs h day days week weeks month months" +
	" minuto minutos hora horas día días semana semanas mes meses "

// date finds dates, clock times and periods that begin at word i.
func (s *scanner) date(i int) int {
	w := s.words[i].text
	word := func(k int) string {
		if i+k < len(s.words) {
			return s.words[i+k].text
		}
		return ""
	}
	if numericDate(w) || clock(w) {
		if clock(w) && isWord(" am pm a.m p.m h uhr ", word(1)) {
			return 2
		}
		return 1
	}
	if hour, ok := cutAny(w, "am", "pm", "a.m", "p.m"); ok && dayNumber(hour, 12) {
		return 1
	}
	if dayNumber(w, 12) && isWord(" am pm a.m p.m ", word(1)) {
		return 2
	}
	if d := dayOf(w); d {
		k := 1
		if isWord(" of de ", word(k)) {
			k++
		}
		if isWord(months, word(k)) {
			k++
			return k + s.year(i+k)
		}
	}
	if isWord(months, w) && dayOf(word(1)) {
		return 2 + s.year(i+2)
	}
	if countDigits(w) > 0 && countDigits(w) <= 3 && countDigits(w) == len(w) && isWord(periods, word(1)) {
		return 2
	}
	if i := strings.IndexFunc(w, unicode.IsLetter); i > 0 && i <= 3 && countDigits(w[:i]) == i && isWord(periods, w[i:]) {
		return 1
	}
	return 0
}

// year counts the words of a year at word i, "of" before it included.
func (s *scanner) year(i int) int {
	n := 0
	if i < len(s.words) && isWord(" of de del ", s.words[i].text) {
		n++
	}
	if i+n < len(s.words) {
		w := s.words[i+n].text
		if len(w) == 4 && countDigits(w) == 4 && (w[:2] == "19" || w[:2] == "20") {
			return n + 1
		}
	}
	return 0
}

// dayOf reports whether w is a day of a month, such as 3, 14 or 14th.
func dayOf(w string) bool {
	if d, ok := cutAny(w, "st", "nd", "rd", "th", "º", "°"); ok {
		w = d
	}
	return dayNumber(w, 31)
}

func dayNumber(w string, max int) bool {
	if len(w) == 0 || len(w) > 2 || countDigits(w) != len(w) {
		return false
	}
	n := 0
	for _, c := range w {
		n = n*10 + int(c-'0')
	}
	return n >= 1 && n <= max
}

func cutAny(w string, suffixes ...string) (string, bool) {
	for _, x := range suffixes {
		if rest, ok := strings.CutSuffix(w, x); ok {
			return rest, true
		}
	}
	return w, false
}

// numericDate finds 2026-11-24, 24/11/2026, 24.11.26 and the like.
func numericDate(w string) bool {
	for _, sep := range []string{"-", "/", "."} {
		p := strings.Split(w, sep)
		if len(p) != 3 || slices.ContainsFunc(p, func(x string) bool { return x == "" || countDigits(x) != len(x) }) {
			continue
		}
		a, b, c := len(p[0]), len(p[1]), len(p[2])
		if a == 4 && b <= 2 && c <= 2 || a <= 2 && b <= 2 && (c == 4 || c == 2) {
			return true
		}
	}
	return false
}

// clock finds 9:30 and 14:05:00, with am or pm behind.
func clock(w string) bool {
	w, _ = cutAny(w, "am", "pm", "a.m", "p.m", "h")
	p := strings.Split(w, ":")
	if len(p) < 2 || len(p) > 3 {
		return false
	}
	for i, x := range p {
		if x == "" || countDigits(x) != len(x) || len(x) > 2 || i > 0 && len(x) != 2 {
			return false
		}
	}
	return true
}
