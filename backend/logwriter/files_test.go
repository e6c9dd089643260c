package logwriter

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestLoadKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "msgs-log-key")
	first, err := LoadKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadKey(path, rand.Reader)
	if err != nil || !first.Equal(again) {
		t.Errorf("loaded again: another key, %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %v, %v, want 0600", info.Mode(), err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"empty": nil, "short": good[:20], "garbage": []byte("hello\n")} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(path, rand.Reader); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, bad) {
			t.Errorf("%s: the file was changed, %v", name, err)
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("got %d files, %v, want the key alone", len(files), err)
	}
}

func TestHeadFiles(t *testing.T) {
	t.Parallel()
	f := HeadFiles{Dir: t.TempDir()}
	size, _, err := f.Head("example.com/msgs")
	if size != 0 || err != nil {
		t.Errorf("none: got %d, %v", size, err)
	}
	for n := range int64(3) {
		if err := f.SetHead("example.com/msgs", n+1, [32]byte{byte(n)}); err != nil {
			t.Fatal(err)
		}
		size, root, err := f.Head("example.com/msgs")
		if size != n+1 || root != [32]byte{byte(n)} || err != nil {
			t.Errorf("got %d, %x, %v, want %d", size, root[:1], err, n+1)
		}
	}
	if size, _, err := f.Head("example.com/keys"); size != 0 || err != nil {
		t.Errorf("the other log: got %d, %v", size, err)
	}
	if _, _, err := f.Head("other.example.com/msgs"); !errors.Is(err, ErrDamaged) {
		t.Errorf("a head of another origin: got %v, want ErrDamaged", err)
	}
	for _, bad := range []string{"", "example.com/msgs\n3\n", "example.com/msgs\n03\nAAAA\n", "hello\n"} {
		if err := os.WriteFile(filepath.Join(f.Dir, "witnessed-msgs"), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Head("example.com/msgs"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: got %v, want ErrDamaged", bad, err)
		}
	}
}

// A tile holds what a growing tree makes, in the order in which it is made.
func TestTilesGrowAtTheirEnd(t *testing.T) {
	t.Parallel()
	var all []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, x := range indexes {
			out = append(out, all[x])
		}
		return out, nil
	})
	grown, seen := &tree{}, map[TileID][]byte{}
	for n := range int64(70_000) {
		leaf := []byte{byte(n), byte(n >> 8), byte(n >> 16)}
		hs, err := tlog.StoredHashes(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, hs...)
		for _, tile := range grown.grow([][]byte{leaf}) {
			if before := seen[tile.TileID]; !bytes.HasPrefix(tile.Hashes, before) {
				t.Fatalf("leaf %d: tile %+v changed", n, tile.TileID)
			}
			seen[tile.TileID] = tile.Hashes
		}
		for i := range grown.edge {
			grown.edge[i].dirty = false
		}
	}
	for level := range 24 {
		for n := int64(0); n < int64(70_000)>>level; n += 1 + n/50 {
			id := TileID{uint8(level / tileHeight), n >> (tileHeight - level%tileHeight)}
			got, ok := hashAt(seen[id], level%tileHeight, n&(1<<(tileHeight-level%tileHeight)-1))
			if want := all[tlog.StoredHashIndex(level, n)]; !ok || got != want {
				t.Fatalf("level %d, %d: got %v, %v, want %v", level, n, got, ok, want)
			}
		}
	}
	if len(seen[TileID{0, 0}]) != tileBytes(256) || len(seen[TileID{0, 273}]) != tileBytes(112) || len(seen[TileID{2, 0}]) != tileBytes(1) {
		t.Errorf("tiles of 70,000 leaves: got %d, %d, %d bytes", len(seen[TileID{0, 0}]), len(seen[TileID{0, 273}]), len(seen[TileID{2, 0}]))
	}
}

func FuzzTilePath(f *testing.F) {
	for _, seed := range []string{"tile/0/000", "tile/1/x001/x234/067", "tile/entries/003.p/17", "tile/0/000.p/256", "tile/0/x000/000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		level, index, width, ok := parseTilePath(path)
		if !ok {
			return
		}
		tile := tlog.Tile{H: tileHeight, L: level, N: index, W: width}
		want := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		if want = strings.Replace(want, "tile/8/", "tile/", 1); path != want {
			t.Errorf("got %q, want the one spelling %q", path, want)
		}
	})
}
