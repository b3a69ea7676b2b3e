package fetch

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// names is a name server in memory: what each name leads to, one list of
// addresses for each time that it is asked, the last for ever.
type names struct {
	mu    sync.Mutex
	hosts map[string][][]string
	asked map[question]int
	total int
}

type question struct {
	name string
	kind uint16 // 1 for IPv4, 28 for IPv6
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.answer(ours)
		return theirs, nil
	}}
}

// answer serves one connection in the form of DNS over TCP (RFC 1035, section
// 4.2.2).
func (n *names) answer(c net.Conn) {
	defer c.Close()
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	q := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, q); err != nil {
		return
	}
	end, labels := 12, []string{}
	for q[end] != 0 {
		labels = append(labels, string(q[end+1:end+1+int(q[end])]))
		end += 1 + int(q[end])
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	addresses, known := n.lookup(question{strings.ToLower(strings.Join(labels, ".")), kind})
	a := append([]byte{}, q[:end+5]...)
	copy(a[2:], []byte{0x84, 0x00, 0, 1, 0, 0, 0, 0, 0, 0})
	if !known {
		a[3] = 3 // no such name
	}
	for _, text := range addresses {
		addr := netip.MustParseAddr(text)
		if addr.Is4() != (kind == 1) || kind != 1 && kind != 28 {
			continue
		}
		a[7]++
		a = append(a, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(addr.AsSlice())))
		a = append(a, addr.AsSlice()...)
	}
	c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
}

func (n *names) lookup(q question) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.total++
	rounds, ok := n.hosts[q.name]
	if !ok {
		return nil, false
	}
	if n.asked == nil {
		n.asked = map[question]int{}
	}
	round := min(n.asked[q], len(rounds)-1)
	n.asked[q]++
	return rounds[round], true
}

func (n *names) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.total
}
