package scanner

// Requests is how many requests were sent to a provider.
type Requests struct {
	Provider string // its ID
	Sent     int64
}
