package fetch

import "time"

// The limits of a request and of its answer. They are not settings: a flow
// that needs more than this needs another service between.
const (
	DefaultTimeout = 5 * time.Second  // of a request with all its tries
	MaxTimeout     = 15 * time.Second // that a request may ask for: longer silence ends calls
	DefaultConnect = 2 * time.Second  // for finding and connecting to a host

	MaxBody      = 64 << 10 // bytes of a body, either way
	MaxDepth     = 32       // of arrays and objects in each other
	MaxItems     = 1000     // of an array
	MaxRedirects = 2        // followed, on the same host
	MaxInFlight  = 20       // requests at the same time to one host
	MaxRetries   = 5

	maxTarget  = 8000     // bytes of a URL; what everybody should support (RFC 9110, section 4.1)
	maxHeader  = 8 << 10  // bytes of one header's value
	maxHeaders = 32       // headers of a request
	maxAnswer  = 32 << 10 // bytes of the answer's headers
	maxNumber  = 64       // characters of a number in JSON
	maxQueue   = time.Second
	idleTime   = 30 * time.Second
)
