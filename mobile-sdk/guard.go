package chaperone

// A panic that crosses the boundary ends the host's process, so every exported function that
// does more than return a field begins by deferring one of these. The panic's value is
// dropped: it may hold what a person wrote.

// guard turns a panic into an internal error.
func guard(err *error) {
	if recover() != nil {
		*err = fail(CodeInternal)
	}
}

// guardValue turns a panic into a safe value.
func guardValue[T any](v *T, safe T) {
	if recover() != nil {
		*v = safe
	}
}

// guardNone drops a panic, for setters.
func guardNone() { _ = recover() }
