package chaperone

import "github.com/chaperone-privacy/chaperone/internal/patient"

func openDirTmp(dir string) (patient.Disk, error) { return nil, nil }
