// A module of its own: "go install ./...", by which the pre-commit framework installs skleak, does not build it.
module skleak/scripts/winegit

go 1.26.0
