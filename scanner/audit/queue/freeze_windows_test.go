package queue

import "testing"

func freeze(t *testing.T, _ *process) { t.Skip("processes cannot be stopped here") }
func thaw(*testing.T, *process)       {}
