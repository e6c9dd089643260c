package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// errWitness says that a witness did not answer as C2SP tlog-witness says.
var errWitness = errors.New("witness does not answer")

// witnessURLs returns the witnesses that can be asked, and whether there are any.
func witnessURLs(p *translog.Policy) ([]translog.Witness, bool) {
	var out []translog.Witness
	for _, w := range p.Witnesses {
		if w.URL != "" {
			out = append(out, w)
		}
	}
	return out, len(out) > 0
}

// askWitnesses asks each witness to sign the newest head again. One that stands there does, with
// a new time: nothing was added that we are not shown. One that stands elsewhere names its size.
// It returns the time at which enough of them stood by the head, or 0.
func (m *Monitor) askWitnesses(ctx context.Context, c translog.Checkpoint, policy *translog.Policy, pos *position) int64 {
	witnesses, ok := witnessURLs(policy)
	if !ok || m.cfg.HTTP == nil || c.Size == 0 || m.cfg.Now().Unix()-pos.Fresh < askAfter && pos.Fresh <= m.cfg.Now().Unix() {
		return 0
	}
	fresh := translog.Checkpoint{Origin: c.Origin, Size: c.Size, Root: c.Root, Signed: translog.Signed{Text: c.Signed.Text}}
	for _, s := range c.Signed.Sigs {
		if s.Name == c.Origin {
			fresh.Signed.Sigs = append(fresh.Signed.Sigs, s)
		}
	}
	ask := translog.AddCheckpoint{Old: c.Size, Checkpoint: fresh}
	ask.Checkpoint.Signed.Sigs = fresh.Signed.Sigs[:len(fresh.Signed.Sigs):len(fresh.Signed.Sigs)]
	for _, w := range witnesses {
		sig, size, err := askWitness(ctx, m.cfg.HTTP, w, ask)
		switch {
		case err == nil && size > 0:
			pos.Witness = max(pos.Witness, size)
		case err == nil:
			fresh.Signed.Sigs = append(fresh.Signed.Sigs, sig)
		default:
			m.cfg.Log.Info("a witness did not answer", "log", c.Origin)
		}
	}
	if h, err := policy.Check(fresh); err == nil {
		pos.Fresh = max(pos.Fresh, h.SeenAt)
		return h.SeenAt
	}
	return 0
}

// askAfter is how old a head may be before witnesses are asked about it, in seconds.
const askAfter = 300

// maxClockOff is how far this machine's clock may be from what witnesses have just said, in
// seconds.
const maxClockOff = 3600

// compareClock stops proofs and statuses while the clock is off: what they say would be believed
// by nobody, or for too long. m.mu is held.
func (m *Monitor) compareClock(seen int64) error {
	off := m.cfg.Now().Unix() - seen
	m.clockOff = off > maxClockOff || off < -maxClockOff
	if !m.clockOff {
		return nil
	}
	return m.raise(AlarmClock, fmt.Sprintf("off %d", seen/(24*3600)), time.Unix(seen, 0).UTC().Format(time.RFC3339))
}

// askWitness returns a cosignature that verifies, or the size at which the witness stands.
func askWitness(ctx context.Context, client *http.Client, w translog.Witness, a translog.AddCheckpoint) (translog.Sig, int64, error) {
	url := strings.TrimSuffix(w.URL, "/") + "/add-checkpoint"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(a.Marshal()))
	if err != nil {
		return translog.Sig{}, 0, errWitness
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := client.Do(req)
	if err != nil {
		return translog.Sig{}, 0, errWitness
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, translog.MaxAddCheckpoint+1))
	if err != nil || len(body) > translog.MaxAddCheckpoint {
		return translog.Sig{}, 0, errWitness
	}
	switch resp.StatusCode {
	case http.StatusOK:
		sig, err := translog.ParseCosignatures(body, w.Key, a.Checkpoint)
		if err != nil {
			return translog.Sig{}, 0, errWitness
		}
		return sig, 0, nil
	case http.StatusConflict:
		size, err := translog.ParseInt(strings.TrimSuffix(string(body), "\n"))
		if err != nil || size == 0 {
			return translog.Sig{}, 0, errWitness
		}
		return translog.Sig{}, size, nil
	}
	return translog.Sig{}, 0, errWitness
}
