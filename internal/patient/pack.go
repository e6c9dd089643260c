package patient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// Pack returns the content pack in use: the one of Config, or the newest of the one that came
// with the program and the one that was fetched. It is read at the first call. It is nil only
// when the program was built without a readable pack.
func (d *Device) Pack() *checklist.Pack {
	d.packing.Lock()
	defer d.packing.Unlock()
	if d.pack == nil {
		d.pack = d.newestPack()
	}
	return d.pack
}

// newestPack reads the fetched pack only when it can be used; whatever is wrong with it, the
// embedded one is there.
func (d *Device) newestPack() *checklist.Pack {
	embedded, err := d.embedded()
	if err != nil {
		return nil
	}
	data, err := d.disk.Read(packFile)
	if err != nil {
		return embedded
	}
	var answer chaperonev1.GetPackResponse
	if proto.Unmarshal(data, &answer) != nil || answer.GetVersion() <= embedded.Version() {
		return embedded
	}
	// It had not expired when it was fetched. If it has now, the plan says so (rule R10), and
	// an older one would not be better.
	pack, err := checklist.Load(packFiles(&answer), answer.GetSignature(), embedded, time.Time{})
	if err != nil {
		return embedded
	}
	return pack
}

func packFiles(answer *chaperonev1.GetPackResponse) map[string][]byte {
	files := make(map[string][]byte, len(answer.GetFiles()))
	for _, f := range answer.GetFiles() {
		files[f.GetName()] = f.GetData()
	}
	return files
}

// FetchPack asks the server for a newer content pack, verifies it, stores it and uses it from
// then on. It reports whether there was one. Whatever goes wrong, the pack in use stays; a
// pack that does not verify is an error of package checklist.
func (d *Device) FetchPack(ctx context.Context) (bool, error) {
	server := d.Server()
	if server == "" {
		return false, fmt.Errorf("fetch pack: %w", ErrNoServer)
	}
	current := d.Pack()
	var have uint64
	if current != nil {
		have = current.Version()
	}
	c := chaperonev1connect.NewChecklistServiceClient(d.connection(server, maxPackAnswer))
	answer, err := c.GetPack(ctx, &chaperonev1.GetPackRequest{HaveVersion: have})
	if err != nil {
		return false, fmt.Errorf("fetch pack: %w", serverError(ctx, err))
	}
	if len(answer.GetFiles()) == 0 && answer.GetVersion() <= have {
		return false, nil
	}
	pack, err := checklist.Load(packFiles(answer), answer.GetSignature(), current, d.now())
	if err != nil {
		return false, fmt.Errorf("fetch pack: %w", err)
	}
	if pack.Version() == have {
		return false, nil
	}
	if err := d.storePack(answer); err != nil {
		return false, fmt.Errorf("fetch pack: %w", err)
	}
	d.packing.Lock()
	defer d.packing.Unlock()
	if d.pack == nil || d.pack.Version() < pack.Version() {
		d.pack = pack
	}
	return true, nil
}

// packEvery is how often a sync asks for a newer pack.
const packEvery = time.Hour

// packNews fetches a pack beside a sync. Only a pack that was offered and refused is news: a
// server that gives none, or that could not be reached, changes nothing.
func (d *Device) packNews(ctx context.Context) (fetched bool, refused error) {
	fetched, err := d.FetchPack(ctx)
	for _, reason := range []error{
		checklist.ErrSignature, checklist.ErrExpired, checklist.ErrRollback, checklist.ErrUnknownField, checklist.ErrMalformed,
	} {
		if errors.Is(err, reason) {
			return false, reason
		}
	}
	return fetched, nil
}

func (d *Device) storePack(answer *chaperonev1.GetPackResponse) error {
	data, err := proto.Marshal(answer)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	return d.disk.Write(packFile, data)
}
