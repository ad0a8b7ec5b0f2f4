// A module of its own: "go install ./...", by which the pre-commit framework installs skleak, does not build it.
module skleak/scripts/bench

go 1.26.0

require skleak v0.0.0

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/sourcegraph/conc v0.3.0 // indirect
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.9.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace skleak => ../..
