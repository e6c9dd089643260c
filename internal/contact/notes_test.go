package contact_test

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// roundTrip parses a note text as a kind and writes it again.
func roundTrip(kind, text string) (string, error) {
	switch kind {
	case "clinic":
		n, err := contact.ParseProfile(text)
		return n.Marshal(), err
	case "grant":
		n, err := contact.ParseGrant(text)
		return n.Marshal(), err
	case "message":
		n, err := contact.ParseMessage(text)
		return n.Marshal(), err
	case "status":
		n, err := contact.ParseStatus(text)
		return n.Marshal(), err
	case "revoke":
		n, err := contact.ParseRevoke(text)
		return n.Marshal(), err
	case "rotate":
		n, err := contact.ParseRotate(text)
		return n.Marshal(), err
	case "incident":
		n, err := contact.ParseIncident(text)
		return n.Marshal(), err
	case "withdraw":
		n, err := contact.ParseWithdraw(text)
		return n.Marshal(), err
	case "call-intent":
		n, err := contact.ParseCallIntent(text)
		return n.Marshal(), err
	case "call-request":
		n, err := contact.ParseCallRequest(text)
		return n.Marshal(), err
	case "enrol-ack":
		n, err := contact.ParseEnrolAck(text)
		return n.Marshal(), err
	case "policy":
		n, err := contact.ParsePolicyNote(text)
		return n.Marshal(), err
	case "filing-receipt":
		n, err := contact.ParseFilingReceipt(text)
		return n.Marshal(), err
	case "web-module":
		n, err := contact.ParseWebModule(text)
		return n.Marshal(), err
	case "root-set":
		n, err := contact.ParseRootSet(text)
		return n.Text(), err
	}
	return "", errors.New("no such kind")
}

var kinds = []string{"clinic", "grant", "message", "status", "root-set", "revoke", "rotate", "incident", "withdraw",
	"call-intent", "call-request", "enrol-ack", "policy", "filing-receipt", "web-module"}

const (
	b64a   = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	b64b   = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	hexa   = "000102030405060708090a0b0c0d0e0f"
	hexb   = "010102030405060708090a0b0c0d0e0f"
	enrol  = "x25519:CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	vrfKey = "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY=" // the generator of ristretto255
)

// notes returns one full text of each kind.
func notes(t testing.TB) map[string]string {
	t.Helper()
	w := contacttest.New(t)
	roots := w.Roots.Set().Text()
	device := w.Device.Key().String()
	policy := string(w.Logs.PolicyText())
	policyHash := contact.Hash(contact.PolicyHash([]byte(policy)))
	hash, err := policyHash.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"root-set": roots,
		"clinic": "chaperone/clinic/v1\nclinic " + b64a + "\nn 3\nname Example Aesthetics\nslug example-aesthetics\n" + roots +
			"server https://a.example.com\nserver https://b.example.com:8443\nphone +15555550100\nphone +15555550101\n" +
			"never ask-for-gift-cards\nreport-to age1" + strings.Repeat("q", 58) + "\nreport-to age1" + strings.Repeat("z", 58) + "\n" +
			"monitor 1 " + vrfKey + " 1000 2000\npolicy " + b64a + " 1000 2000\npolicy " + b64b + " 2000 3000\n" +
			"status-hours 48\nmonitor-same-device yes\nclosed 3000\nlog-frozen log.example.com/msgs 7 " + b64a + "\n",
		"grant": "chaperone/grant/v1\nclinic " + b64a + "\nkey " + device + "\nrole device\nkinds appointment,notice\nlabel Front desk\n" +
			"holder front-desk\nnotbefore 1000\nnotafter 2000\ncap 200\n",
		"message": "chaperone/message/v1\nclinic " + b64a + "\nid " + hexa + "\nto " + b64b + "\nsalt " + b64a + "\nissued 1000\nexpires 2000\n" +
			"channel email\nkind notice\nrefs " + hexa + "," + hexb + "\nbatch " + hexa + "\nbody-bytes 13\n\nHello.\n\nBye.\n",
		"revoke": "chaperone/revoke/v1\nclinic " + b64a + "\nkey " + device + "\nreason compromised\neffective grant\n",
		"rotate": "chaperone/rotate/v1\nclinic " + b64a + "\nn 1\nold " + b64b + "\n" + roots,
		"incident": "chaperone/incident/v1\nclinic " + b64a + "\nn 2\nissued 1000\nclasses contact,images\nfrom 100\nto 900\n" +
			"never ask-for-gift-cards\nbody-bytes 13\n\nHello.\n\nBye.\n",
		"withdraw": "chaperone/withdraw/v1\nclinic " + b64a + "\ncommit " + b64a + "\ncommit " + b64b + "\nreason not-ours\n",
		"call-intent": "chaperone/call-intent/v1\nclinic " + b64a + "\nto " + b64b + "\nsalt " + b64a + "\nnonce " + hexa +
			"\nrang patient\nissued 1000\nexpires 4600\n",
		"call-request": "chaperone/call-request/v1\nclinic " + b64a + "\nnonce " + hexa + "\nissued 1000\n",
		"enrol-ack":    "chaperone/enrol-ack/v1\nclinic " + b64a + "\nto " + b64b + "\nsalt " + b64a + "\nlevel in-person\nissued 1000\n",
		"policy": "chaperone/policy/v1\nclinic " + b64a + "\npolicy " + string(hash) + "\nbody-bytes " + strconv.Itoa(len(policy)) +
			"\n\n" + policy,
		"filing-receipt": "chaperone/filing-receipt/v1\nreport " + b64a + "\nbytes 7680\naccepted 1000\ntag " + hexa + "\n",
		"web-module": "chaperone/web-module/v1\norigin https://a.example.com\nissued 1000\nfile /assets/lookup-1a2b.wasm " + b64a +
			"\nfile /assets/lookup.js " + b64b + "\n",
		"status": "chaperone/status/v1\nclinic " + b64a + "\nissued 1000\nnext 2000\nprofile " + b64a + "\nkeys 3 " + b64a + "\nmsgs 4 " + b64b + "\n" +
			"key " + b64a + " ok\nkey " + b64b + " stolen 500\ngone " + hexa + " superseded\ngone " + b64a + " not-ours\nincident " + b64a + "\n",
	}
}

func TestNotesRoundTrip(t *testing.T) {
	t.Parallel()
	all := notes(t)
	for kind, text := range all {
		got, err := roundTrip(kind, text)
		if err != nil {
			t.Errorf("%s: %v\n%s", kind, err, text)
		} else if got != text {
			t.Errorf("%s: got %q, want %q", kind, got, text)
		}
		for _, other := range kinds {
			if _, err := roundTrip(other, text); (err == nil) != (other == kind) {
				t.Errorf("%s read as %s: got %v", kind, other, err)
			}
		}
	}
}

func TestNotesRefuse(t *testing.T) {
	t.Parallel()
	all := notes(t)
	tests := []struct{ name, kind, old, new string }{
		{"CRLF", "clinic", "\nn 3\n", "\r\nn 3\r\n"},
		{"leading zero", "clinic", "\nn 3\n", "\nn 03\n"},
		{"plus sign", "clinic", "\nn 3\n", "\nn +3\n"},
		{"negative", "clinic", "\nn 3\n", "\nn -3\n"},
		{"2^53", "clinic", "\nn 3\n", "\nn 9007199254740992\n"},
		{"empty value", "clinic", "\nn 3\n", "\nn \n"},
		{"two spaces", "clinic", "\nn 3\n", "\nn  3\n"},
		{"trailing space", "clinic", "\nn 3\n", "\nn 3 \n"},
		{"missing line", "clinic", "\nn 3\n", "\n"},
		{"repeated line", "clinic", "\nn 3\n", "\nn 3\nn 3\n"},
		{"unknown line", "clinic", "\nn 3\n", "\nn 3\nfoo bar\n"},
		{"unknown line at the end", "clinic", "log-frozen log.example.com/msgs 7 " + b64a + "\n", "foo bar\n"},
		{"empty line at the end", "clinic", "log-frozen log.example.com/msgs 7 " + b64a + "\n", "\n"},
		{"base64 trailing bits", "clinic", "clinic " + b64a, "clinic " + strings.Replace(b64a, "h8=", "h9=", 1)},
		{"base64 unpadded", "clinic", "clinic " + b64a, "clinic " + strings.TrimSuffix(b64a, "=")},
		{"31 bytes", "clinic", "clinic " + b64a, "clinic AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="},
		{"name of two scripts", "clinic", "Example Aesthetics", "Ехample Aesthetics"},
		{"name with hidden character", "clinic", "Example Aesthetics", "Example\u200b Aesthetics"},
		{"name with escape", "clinic", "Example Aesthetics", "Example\x1b[2J"},
		{"name decomposed", "clinic", "Example Aesthetics", "Cafe\u0301"},
		{"name too long", "clinic", "Example Aesthetics", strings.Repeat("a", 61)},
		{"slug in capitals", "clinic", "slug example", "slug Example"},
		{"slug with edge hyphen", "clinic", "slug example", "slug -example"},
		{"server over http", "clinic", "https://a.", "http://a."},
		{"server with path", "clinic", "https://a.example.com", "https://a.example.com/"},
		{"server in capitals", "clinic", "https://a.example.com", "https://A.example.com"},
		{"server with the default port", "clinic", ":8443", ":443"},
		{"server with user", "clinic", "https://a.", "https://x@a."},
		{"servers out of order", "clinic", "server https://a.example.com\nserver https://b.example.com:8443\n", "server https://b.example.com:8443\nserver https://a.example.com\n"},
		{"server twice", "clinic", "server https://a.example.com\n", "server https://a.example.com\nserver https://a.example.com\n"},
		{"phone without plus", "clinic", "+15555550100", "15555550100"},
		{"phone with spaces", "clinic", "+15555550100", "+1 5555550100"},
		{"one report recipient", "clinic", "report-to age1" + strings.Repeat("q", 58) + "\n", ""},
		{"no monitor", "clinic", "monitor 1 " + vrfKey + " 1000 2000\n", ""},
		{"monitor window empty", "clinic", vrfKey + " 1000 2000", vrfKey + " 2000 2000"},
		{"VRF key the identity", "clinic", vrfKey, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		{"VRF key no point", "clinic", vrfKey, b64b},
		{"epoch twice", "clinic", "monitor 1 " + vrfKey + " 1000 2000\n", "monitor 1 " + vrfKey + " 1000 2000\nmonitor 1 " + vrfKey + " 2000 3000\n"},
		{"policy windows overlap", "clinic", " 1000 2000\npolicy " + b64b + " 2000 3000", " 1000 999999\npolicy " + b64b + " 2000 999999"},
		{"status-hours default written out", "clinic", "status-hours 48", "status-hours 24"},
		{"status-hours too many", "clinic", "status-hours 48", "status-hours 97"},
		{"monitor-same-device no", "clinic", "monitor-same-device yes", "monitor-same-device no"},
		{"closed 0", "clinic", "closed 3000", "closed 0"},
		{"other type", "clinic", "chaperone/clinic/v1", "chaperone/clinic/v2"},
		{"threshold 0", "root-set", "threshold 2", "threshold 0"},
		{"threshold above n", "root-set", "threshold 2", "threshold 4"},
		{"device with x25519 key", "grant", "key frontdesk", "key x25519:" + b64a + "\nkey frontdesk"},
		{"unknown role", "grant", "role device", "role staff"},
		{"kinds for a monitor", "grant", "role device", "role monitor"},
		{"kinds out of order", "grant", "appointment,notice", "notice,appointment"},
		{"kind twice", "grant", "appointment,notice", "notice,notice"},
		{"kind unknown", "grant", "appointment,notice", "appointment,other"},
		{"kinds with space", "grant", "appointment,notice", "appointment, notice"},
		{"kinds empty list", "grant", "appointment,notice", ","},
		{"label too long", "grant", "Front desk", strings.Repeat("a", 41)},
		{"window reversed", "grant", "notafter 2000", "notafter 999"},
		{"device for more than 90 days", "grant", "notafter 2000", "notafter 7777001"},
		{"id upper case", "message", "id " + hexa, "id " + strings.ToUpper(hexa)},
		{"id too short", "message", "id " + hexa, "id " + hexa[2:]},
		{"to somebody", "message", "to " + b64b, "to somebody"},
		{"expires before issued", "message", "expires 2000", "expires 1000"},
		{"valid for more than a year", "message", "expires 2000", "expires 31623401"},
		{"unknown channel", "message", "channel email", "channel fax"},
		{"kind of another note", "message", "kind notice", "kind call-intent"},
		{"refs out of order", "message", hexa + "," + hexb, hexb + "," + hexa},
		{"ref twice", "message", hexa + "," + hexb, hexa + "," + hexa},
		{"body longer than said", "message", "body-bytes 13", "body-bytes 12"},
		{"body shorter than said", "message", "body-bytes 13", "body-bytes 14"},
		{"body not canonical", "message", "Hello.\n\nBye.\n", "Hello. \n\nBye\n"},
		{"body with escape", "message", "Hello.", "\x1b[2J..."[:6]},
		{"body with bidi override", "message", "Hello.", "Hel\u202e"},
		{"body with zero width", "message", "Hello.", "Hel\u200b"},
		{"no body", "message", "\n\nHello.\n\nBye.\n", "\n"},
		{"status next before issued", "status", "next 2000", "next 1000"},
		{"status next too far", "status", "next 2000", "next 1210601"},
		{"key ok with time", "status", " ok\n", " ok 5\n"},
		{"key stolen without time", "status", " stolen 500\n", " stolen\n"},
		{"key unknown state", "status", " ok\n", " fine\n"},
		{"key listed twice", "status", "key " + b64a + " ok\n", "key " + b64a + " ok\nkey " + b64a + " until 5\n"},
		{"revoke for no reason", "revoke", "reason compromised", "reason lost"},
		{"retired from the grant on", "revoke", "reason compromised", "reason retired"},
		{"revoke at zero", "revoke", "effective grant", "effective 0"},
		{"revoke without effect", "revoke", "effective grant\n", ""},
		{"revoke with a number", "revoke", "\nkey ", "\nn 1\nkey "},
		{"revoke of a key of low order", "revoke", "\nreason", "AAAA\nreason"},
		{"rotate without threshold", "rotate", "threshold 2\n", ""},
		{"rotate to too high a threshold", "rotate", "threshold 2\n", "threshold 4\n"},
		{"rotate without old", "rotate", "old " + b64b + "\n", ""},
		{"incident of unknown class", "incident", "contact,images", "contact,secrets"},
		{"incident of no class", "incident", "classes contact,images\n", ""},
		{"incident classes out of order", "incident", "contact,images", "images,contact"},
		{"incident class twice", "incident", "contact,images", "contact,contact"},
		{"incident ends before it begins", "incident", "from 100", "from 901"},
		{"incident body cut", "incident", "Bye.\n", "Bye\n"},
		{"incident body with escape", "incident", "Hello.", "\x1b[2J.."},
		{"incident without body", "incident", "\n\nHello.\n\nBye.\n", "\n"},
		{"withdraw of nothing", "withdraw", "commit " + b64a + "\ncommit " + b64b + "\n", ""},
		{"withdraw of both", "withdraw", "reason", "batch " + hexa + "\nreason"},
		{"withdraw of one twice", "withdraw", "commit " + b64b, "commit " + b64a},
		{"withdraw for no reason", "withdraw", "not-ours", "because"},
		{"intent too long", "call-intent", "expires 4600", "expires 4601"},
		{"intent over before it begins", "call-intent", "expires 4600", "expires 1000"},
		{"intent of somebody else", "call-intent", "rang patient", "rang friend"},
		{"intent for anyone", "call-intent", "to " + b64b, "to bearer"},
		{"request with a short nonce", "call-request", hexa, hexa[2:]},
		{"ack of unknown level", "enrol-ack", "in-person", "friend"},
		{"policy of another hash", "policy", "body-bytes", "policy " + b64a + "\nbody-bytes"},
		{"policy that is none", "policy", "\nquorum ", "\nfoo "},
		{"policy without witnesses", "policy", "\nquorum demo-witness", "\nquorum none"},
		{"receipt without tag", "filing-receipt", "tag " + hexa + "\n", ""},
		{"module over http", "web-module", "https", "http"},
		{"module path without slash", "web-module", "/assets/lookup-", "assets/lookup-"},
		{"module path with a space", "web-module", "lookup.js", "look up.js"},
		{"module path twice", "web-module", "/assets/lookup.js", "/assets/lookup-1a2b.wasm"},
		{"gone for no reason", "status", " superseded\n", " because\n"},
		{"gone out of order", "status", "gone " + hexa + " superseded\ngone " + b64a + " not-ours\n", "gone " + b64a + " not-ours\ngone " + hexa + " superseded\n"},
	}
	for _, tt := range tests {
		t.Run(tt.kind+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(all[tt.kind], tt.old, tt.new, 1)
			if text == all[tt.kind] {
				t.Fatalf("nothing changed: %q is not in %q", tt.old, text)
			}
			if _, err := roundTrip(tt.kind, text); !errors.Is(err, contact.ErrMalformed) {
				t.Errorf("got %v, want %v for %q", err, contact.ErrMalformed, text)
			}
		})
	}
}

// The other spelling of each choice that a note has.
func TestNotesOtherForms(t *testing.T) {
	t.Parallel()
	all := notes(t)
	for name, tt := range map[string]struct{ kind, old, new string }{
		"revoked at a time":       {"revoke", "effective grant", "effective 500"},
		"retired":                 {"revoke", "compromised\neffective grant", "retired\neffective 500"},
		"enrolment key revoked":   {"revoke", "key " + contacttest.New(t).Device.Key().String(), "key " + enrol},
		"batch withdrawn":         {"withdraw", "commit " + b64a + "\ncommit " + b64b, "batch " + hexa},
		"incident of one moment":  {"incident", "from 100", "from 900"},
		"incident without never":  {"incident", "never ask-for-gift-cards\n", ""},
		"incident of one class":   {"incident", "contact,images", "records"},
		"the clinic rang":         {"call-intent", "rang patient", "rang clinic"},
		"enrolled from afar":      {"enrol-ack", "in-person", "remote"},
		"message for anyone":      {"message", "to " + b64b, "to bearer"},
		"message without options": {"message", "refs " + hexa + "," + hexb + "\nbatch " + hexa + "\n", ""},
	} {
		text := strings.Replace(all[tt.kind], tt.old, tt.new, 1)
		if text == all[tt.kind] {
			t.Fatalf("%s: nothing changed", name)
		}
		if got, err := roundTrip(tt.kind, text); err != nil || got != text {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, text)
		}
	}
}

// A rotation to the same root set is none.
func TestRotateToItself(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	hash := contact.Hash(w.Roots.Set().Hash())
	old, err := hash.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(notes(t)["rotate"], "old "+b64b, "old "+string(old), 1)
	if _, err := contact.ParseRotate(text); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("got %v, want %v", err, contact.ErrMalformed)
	}
}

func TestFilingLeaf(t *testing.T) {
	t.Parallel()
	s := translog.Signed{Text: notes(t)["filing-receipt"], Sigs: []translog.Sig{{Name: "a.example.com/filing", Bytes: make([]byte, 64)}}}
	leaf, err := contact.FilingLeaf(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = "6e5b59247603a8963944a191dcd719c43b115226c97e946c1707cdeacaeee5f2000102030405060708090a0b0c0d0e0f"
	if got := hex.EncodeToString(leaf); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.Sigs = append(s.Sigs, s.Sigs[0])
	if _, err := contact.FilingLeaf(s); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("two signatures: got %v, want %v", err, contact.ErrMalformed)
	}
	s.Text = notes(t)["status"]
	if _, err := contact.FilingLeaf(s); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("a status: got %v, want %v", err, contact.ErrMalformed)
	}
}

func TestEnrolGrant(t *testing.T) {
	t.Parallel()
	text := "chaperone/grant/v1\nclinic " + b64a + "\nkey " + enrol + "\nrole enrol\nkinds none\nlabel Enrolment\nholder desk\nnotbefore 1000\nnotafter 2000\ncap 0\n"
	if got, err := roundTrip("grant", text); err != nil || got != text {
		t.Fatalf("got %q, %v", got, err)
	}
	for name, key := range map[string]string{
		"zero":          "x25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"low order":     "x25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"not canonical": "x25519:9v///////////////////////////////////////38=", // p + 9
		"high bit":      "x25519:CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
	} {
		if _, err := roundTrip("grant", strings.Replace(text, enrol, key, 1)); !errors.Is(err, contact.ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, contact.ErrMalformed)
		}
	}
}

// One key under two names must not make a threshold.
func TestRootSetRefusesOneKeyTwice(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	keys := w.Roots.Set().Keys
	twin := keys[0]
	twin.Name = "root-z.example.com"
	rs := contact.RootSet{Threshold: 2, Keys: []translog.Key{keys[0], twin}}
	if _, err := contact.ParseRootSet(rs.Text()); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("one key, two names: got %v, want %v", err, contact.ErrMalformed)
	}
	namesake := keys[1]
	namesake.Name = keys[0].Name
	rs = contact.RootSet{Threshold: 2, Keys: []translog.Key{keys[0], namesake}}
	if rs.Keys[0].String() > rs.Keys[1].String() {
		rs.Keys[0], rs.Keys[1] = rs.Keys[1], rs.Keys[0]
	}
	if _, err := contact.ParseRootSet(rs.Text()); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("two keys, one name: got %v, want %v", err, contact.ErrMalformed)
	}
}

func FuzzParseNote(f *testing.F) {
	all := notes(f)
	for _, kind := range kinds {
		f.Add(all[kind])
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := 0
		for _, kind := range kinds {
			got, err := roundTrip(kind, text)
			if err != nil {
				continue
			}
			read++
			if got != text {
				t.Errorf("%s: got %q, want %q", kind, got, text)
			}
		}
		if read > 1 {
			t.Errorf("%q is a note of two kinds", text)
		}
	})
}
