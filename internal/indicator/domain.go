package indicator

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// Look is how a domain compares with one that the reader trusts.
type Look string

// The results.
const (
	LookSame  Look = "same"  // the domain, or one below it
	LookAlike Look = "alike" // another one that could be taken for it
	LookOther Look = "other" // another one
)

const (
	shortDomain = 6  // up to this many letters one slip counts, above it two
	minBrand    = 5  // letters of a name that is worth borrowing
	maxDomain   = 64 // runes compared; longer ones are cut
)

// Host returns the domain of a link, an address of email or a bare domain, in lower case and
// with the stops of other scripts as stops; "" for a handle and for what has none. Labels in
// punycode are decoded.
func Host(link string) string {
	s := strings.ToLower(ascii(link))
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "//")
	}
	if i := strings.IndexAny(s, "/?#\\"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.Trim(s[i+1:], "0123456789") == "" {
		s = s[:i]
	}
	s = strings.Trim(s, ".[]")
	if _, err := netip.ParseAddr(s); err != nil && !strings.Contains(s, ".") {
		return ""
	}
	labels := strings.Split(s, ".")
	for i, l := range labels {
		if rest, ok := strings.CutPrefix(l, "xn--"); ok {
			if decoded, ok := punycode(rest); ok {
				labels[i] = decoded
			}
		}
	}
	return strings.Join(labels, ".")
}

// Compare says how a domain looks beside a trusted one. Both are what [Host] returns. Our table
// of letters that look alike is short: "other" does not mean harmless.
func Compare(domain, trusted string) Look {
	if domain == "" || trusted == "" {
		return LookOther
	}
	if domain == trusted || strings.HasSuffix(domain, "."+trusted) {
		return LookSame
	}
	a, b := skeleton(strings.TrimPrefix(domain, "www.")), skeleton(strings.TrimPrefix(trusted, "www."))
	slips := 2
	if len(b) <= shortDomain {
		slips = 1
	}
	if a == b || distance([]rune(a), []rune(b)) <= slips {
		return LookAlike
	}
	name := brand(b)
	if len(name) < minBrand {
		return LookOther
	}
	for _, label := range strings.FieldsFunc(a, func(r rune) bool { return r == '.' }) {
		if label == name || strings.HasPrefix(label, name+"-") || strings.HasSuffix(label, "-"+name) || strings.Contains(label, "-"+name+"-") {
			return LookAlike
		}
		if distance([]rune(label), []rune(name)) <= 1 {
			return LookAlike
		}
	}
	return LookOther
}

// brand is the longest label of a domain but the last: what people know it by.
func brand(domain string) string {
	labels := strings.Split(domain, ".")
	longest := ""
	for _, l := range labels[:len(labels)-1] {
		if len(l) > len(longest) {
			longest = l
		}
	}
	return longest
}

// alike maps letters to those they look like.
func alike(r rune) rune {
	const from, to = "0135іјѕаеорсухһԁԛԝӏοανριıłø", "olesijsaeopcyxhdqwloavpiilo"
	if i := slices.Index([]rune(from), r); i >= 0 {
		return []rune(to)[i]
	}
	return r
}

// skeleton writes a domain in the letters that it looks like.
func skeleton(domain string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return alike(r)
	}, domain)
	s = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d").Replace(s)
	return strings.ReplaceAll(s, "i", "l")
}

// distance is how many letters must be changed, added, left out or swapped with a neighbour.
func distance(a, b []rune) int {
	a, b = a[:min(len(a), maxDomain)], b[:min(len(b), maxDomain)]
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	before, last, now := rows[0], rows[1], rows[2]
	for i, x := range a {
		now[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			now[j+1] = min(last[j]+cost, last[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				now[j+1] = min(now[j+1], before[j-1]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}

// punycode decodes a label behind xn-- (RFC 3492).
func punycode(s string) (string, bool) {
	const base, tmin, tmax, skew, damp = 36, 1, 26, 38, 700
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out, s = []rune(s[:i]), s[i+1:]
	}
	n, i, bias := 128, 0, 72
	for pos := 0; pos < len(s); {
		old, w := i, 1
		for k := base; ; k += base {
			if pos == len(s) || len(out) > maxDomain {
				return "", false
			}
			digit := strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", s[pos])
			pos++
			if digit < 0 || digit > (1<<31-1-i)/w {
				return "", false
			}
			i += digit * w
			t := min(max(k-bias, tmin), tmax)
			if digit < t {
				break
			}
			if w > (1<<31-1)/(base-t) {
				return "", false
			}
			w *= base - t
		}
		length := len(out) + 1
		delta := (i - old) / 2
		if old == 0 {
			delta = i / damp
		}
		delta += delta / length
		k := 0
		for ; delta > (base-tmin)*tmax/2; k += base {
			delta /= base - tmin
		}
		bias = k + (base-tmin+1)*delta/(delta+skew)
		n += i / length
		i %= length
		if n > unicode.MaxRune {
			return "", false
		}
		out = slices.Insert(out, i, rune(n))
		i++
	}
	return string(out), true
}

// Skeleton writes a name in the letters that it looks like, without regard to case, spaces and
// stops: two names with one skeleton can be taken for each other. text is decomposed (NFKD), so
// that accents can be left out. Our table of letters that look alike is short, see [Compare].
func Skeleton(text string) string {
	return skeleton(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, ascii(text)))
}
