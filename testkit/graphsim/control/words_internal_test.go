package control

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"testing"
)

// The log forgets the oldest, and says how many.
func TestJournalForgets(t *testing.T) {
	j := newJournal(nil)
	for range maxEntries + 10 {
		j.add(Entry{Kind: kindControl})
	}
	list, lost, _ := j.after(3, func(Entry) bool { return true })
	if len(list) != maxEntries || lost != 7 || list[0].N != 11 {
		t.Errorf("%d entries from %d, %d lost", len(list), list[0].N, lost)
	}
	j.add(Entry{Kind: kindControl, Request: make([]byte, maxBytes)})
	if list, _, _ := j.after(0, func(Entry) bool { return true }); len(list) != 0 {
		t.Errorf("%d entries are left beside one that is too large", len(list))
	}
}

// The example of RFC 7638, section 3.1.
func TestThumbprint(t *testing.T) {
	n, err := base64.RawURLEncoding.DecodeString("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")
	if err != nil {
		t.Fatal(err)
	}
	if got := Thumbprint(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("the thumbprint is %s", got)
	}
}
