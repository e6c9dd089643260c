package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// splitFields decodes the object in data into known and returns the fields that are not
// among names, each in compact form; nil when there is none. encoding/json matches names
// without regard to case, and so does this.
func splitFields(data []byte, known any, names []string) (map[string]json.RawMessage, error) {
	if err := json.Unmarshal(data, known); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, fmt.Errorf("no object: %w", ErrDamaged)
	}
	var extra map[string]json.RawMessage
	for name, value := range all {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		// Marshal brings the value into the form that writing it again gives.
		compact, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if extra == nil {
			extra = make(map[string]json.RawMessage)
		}
		extra[name] = compact
	}
	return extra, nil
}

// joinFields encodes known, a struct, and appends extra sorted by name.
func joinFields(known any, extra map[string]json.RawMessage) ([]byte, error) {
	out, err := json.Marshal(known)
	if err != nil || len(extra) == 0 {
		return out, err
	}
	out = bytes.TrimSuffix(out, []byte("}"))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(extra[name])
		if err != nil {
			return nil, err
		}
		out = append(out, ',')
		out = append(out, key...)
		out = append(out, ':')
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

// register is the form that a new top-level field has, so that older devices merge it well.
type register struct {
	Lamport *uint64 `json:"lamport"`
	Device  *string `json:"device"`
}

// mergeExtra merges field by field: the greater (lamport, device) where both have them, the
// greater bytes otherwise.
func mergeExtra(a, b map[string]json.RawMessage) map[string]json.RawMessage {
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	out := make(map[string]json.RawMessage, len(a)+len(b))
	maps.Copy(out, a)
	for name, value := range b {
		if mine, ok := out[name]; !ok || compareExtra(mine, value) < 0 {
			out[name] = value
		}
	}
	return out
}

// compareExtra is a total order: values that are no registers come before registers.
func compareExtra(a, b json.RawMessage) int {
	ra, oka := readRegister(a)
	rb, okb := readRegister(b)
	switch {
	case oka && okb:
		if c := compareStamp(*ra.Lamport, *ra.Device, *rb.Lamport, *rb.Device); c != 0 {
			return c
		}
	case oka:
		return 1
	case okb:
		return -1
	}
	return bytes.Compare(a, b)
}

func readRegister(v json.RawMessage) (register, bool) {
	var r register
	if err := json.Unmarshal(v, &r); err != nil || r.Lamport == nil || r.Device == nil {
		return register{}, false
	}
	return r, true
}
