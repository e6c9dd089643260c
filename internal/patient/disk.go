package patient

// Disk is where a device keeps its files. Names are relative, with forward slashes. When
// Write or Remove returns nil, the change is on stable storage: a crash or power cut after
// it loses nothing, and one during it leaves the old content or the new, never a mixture.
// Errors of a disk that is full, read-only or not permitted wrap [ErrDisk] and their cause,
// and say nothing of paths outside; reading a missing file is [fs.ErrNotExist], and removing
// one is no error.
type Disk interface {
	Read(name string) ([]byte, error)
	Write(name string, data []byte) error
	Remove(name string) error
	// Lock takes the one lock of this disk, or fails with ErrAlreadyOpen at once.
	Lock() (unlock func() error, err error)
	// RemoveAll removes everything, the directory included.
	RemoveAll() error
}
