//go:build unix

package checklist_test

import (
	"syscall"
	"testing"
)

// measureCPU reports processor time beside wall time, which a busy machine stretches.
func measureCPU(b *testing.B) func() {
	from := cpu(b)
	return func() { b.ReportMetric(float64(cpu(b)-from)/float64(b.N), "cpu-ns/op") }
}

func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
