package bytesize

import "testing"

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "17B": 17, "3k": 3 << 10, "512MB": 512 << 20, "512mb": 512 << 20, "64 MiB": 64 << 20, "2G": 2 << 30, "1TB": 1 << 40, " 5GiB ": 5 << 30,
		"": -1, "MB": -1, "1.5GB": -1, "-1MB": -1, "5 XB": -1, "1MBMB": -1, "9223372036854775807K": -1, "0x10": -1,
	} {
		var b Size
		if err := b.Set(text); (err == nil) != (want >= 0) || err == nil && int64(b) != want {
			t.Errorf("%q: %d, %v; want %d", text, b, err, want)
		}
	}
	for size, want := range map[Size]string{0: "0B", 1: "1B", 1 << 10: "1KB", 512 << 20: "512MB", 1536 << 20: "1536MB",
		2 << 30: "2GB", 1<<20 + 1: "1048577B"} {
		if got := size.String(); got != want {
			t.Errorf("%d: %s, want %s", size, got, want)
		}
	}
}
