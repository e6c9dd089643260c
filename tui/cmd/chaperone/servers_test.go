package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/patient/patienttest"
)

// clinicServers are a clinic's server, the same clinic's after it found its key stolen, another
// clinic's that calls itself the same, one that shows another history of the clinic's log, and one
// that answers with garbage.
type clinicServers struct {
	honest, later, lookalike, forked, hostile *patienttest.Server
	world, other                              *contacttest.World
	code                                      contact.CodeInput
}

func startServers(t *testing.T) clinicServers {
	t.Helper()
	s := clinicServers{
		honest: patienttest.New(t), later: patienttest.New(t), lookalike: patienttest.New(t), forked: patienttest.New(t), hostile: patienttest.New(t),
		world: contacttest.New(t), other: contacttest.Named(t, "another clinic"),
	}
	s.code = s.world.BearerCode("anyone")
	s.honest.Tell(s.world.News())
	s.lookalike.Tell(s.other.News())
	s.lookalike.Logs(s.other.Logs.Keys, s.other.Logs.Msgs)
	for _, x := range []*patienttest.Server{s.honest, s.later} {
		x.Put(t, s.code)
		x.Logs(s.world.Logs.Keys, s.world.Logs.Msgs)
	}
	twin := contacttest.New(t)
	for i := range 5 {
		twin.Misuse(func(m *contact.Message) { m.Salt = [32]byte{byte(i)} })
	}
	s.forked.Put(t, s.code)
	s.forked.Tell(twin.News())
	s.forked.Logs(twin.Logs.Keys, twin.Logs.Msgs)
	garbage := func() ([]byte, error) { return []byte("garbage"), nil }
	s.hostile.LieOnLookUp(garbage)
	s.hostile.LieOnPages(func([]byte) ([]byte, error) { return garbage() })
	s.world.Clinic.SetKey(s.world.Device.Key(), "stolen", contacttest.Start.Unix())
	clock := s.world.Clock
	s.world.Clock = clock.Add(1)
	s.world.NewStatus()
	s.later.Tell(s.world.News())
	s.world.Clock = clock
	return s
}

// setenv gives a script the addresses, the code with what goes with it, and when it is.
func (s clinicServers) setenv(env *testscript.Env) {
	for name, value := range map[string]string{
		"SERVER": s.honest.URL, "LATER": s.later.URL, "LOOKALIKE": s.lookalike.URL, "HOSTILE": s.hostile.URL, "FORKED": s.forked.URL,
		"CODE": s.code.Code, "CARD": strings.Join(card.Words(s.world.Clinic.ID()), " "),
		"OTHER_CARD": strings.Join(card.Words(s.other.Clinic.ID()), " "),
		"CHECKED":    strconv.FormatInt(s.world.Clock.Unix(), 10),
		"CHECKED_2H": strconv.FormatInt(s.world.Clock.Unix()+7200, 10),
		"CHECKED_4H": strconv.FormatInt(s.world.Clock.Unix()+14400, 10),
	} {
		env.Setenv(name, value)
	}
	for name, text := range map[string]string{"body.txt": contacttest.Body, "altered.txt": contacttest.Altered, "code.txt": s.code.Code + "\n"} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600); err != nil {
			env.T().Fatal(err)
		}
	}
}
