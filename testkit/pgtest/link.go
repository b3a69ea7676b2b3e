package pgtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// link is one connection through a proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	statements     map[string]string // prepared, by name

	fate     atomic.Int32 // of the answer that is awaited
	answered chan struct{}
	once     sync.Once
	ended    chan struct{}
}

var (
	errCut  = errors.New("cut")
	errHold = errors.New("held")
)

// cut breaks the connection off at both ends.
func (l *link) cut() {
	l.once.Do(func() {
		close(l.ended)
		l.client.Close()
		l.server.Close()
	})
}

// requests carries what the client sends, request by request.
func (l *link) requests() error {
	in := bufio.NewReaderSize(l.client, 64<<10)
	hello, err := message(in, 0)
	if err != nil {
		return err
	}
	if _, err := l.server.Write(hello); err != nil {
		return err
	}
	for {
		r, data, err := l.request(in)
		if err != nil {
			return err
		}
		if err := l.proxy.pass(l.ended); err != nil {
			return err
		}
		if err := l.send(l.proxy.fate(r), data); err != nil {
			return err
		}
	}
}

// send does with a request what its fate says.
func (l *link) send(f Fate, data []byte) error {
	switch f {
	case Pass:
		_, err := l.server.Write(data)
		return err
	case Hold:
		return errHold
	case CutBefore:
		return errCut
	case CutWithin:
		return errors.Join(errCut, write(l.server, data[:len(data)/2]))
	case CutAfter:
		return errors.Join(errCut, write(l.server, data))
	case CutAnswered, CutMidway:
		l.fate.Store(int32(f))
		if err := write(l.server, data); err != nil {
			return err
		}
		select {
		case <-l.answered:
		case <-l.ended:
		}
	}
	return errCut
}

func write(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

// request reads messages up to one after which the client waits.
func (l *link) request(in *bufio.Reader) (Request, []byte, error) {
	var r Request
	var data []byte
	for {
		m, err := message(in, 1)
		if err != nil {
			return r, nil, err
		}
		data = append(data, m...)
		body := m[5:]
		switch m[0] {
		case 'P': // Parse: name, SQL
			name, rest := text(body)
			l.statements[name], _ = text(rest)
		case 'B': // Bind: portal, name
			_, rest := text(body)
			name, _ := text(rest)
			r.SQL = append(r.SQL, l.statements[name])
		case 'Q': // Query
			sql, _ := text(body)
			r.SQL = append(r.SQL, sql)
			return r, data, nil
		case 'S', 'H', 'p', 'X': // Sync, Flush, password, Terminate
			return r, data, nil
		}
	}
}

// message reads one message: a type of so many bytes, then its length, which
// counts itself.
func message(in *bufio.Reader, kind int) ([]byte, error) {
	head := make([]byte, kind+4)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[kind:])) - 4
	if size < 0 || size > 1<<30 {
		return nil, errors.New("this is not PostgreSQL's protocol")
	}
	m := append(head, make([]byte, size)...)
	_, err := io.ReadFull(in, m[kind+4:])
	return m, err
}

// text is a text that ends with a zero byte, and what follows it.
func text(b []byte) (string, []byte) {
	t, rest, _ := bytes.Cut(b, []byte{0})
	return string(t), rest
}

// answers carries what the server sends back.
func (l *link) answers() {
	defer l.cut()
	b := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(b)
		if err != nil || l.proxy.pass(l.ended) != nil {
			return
		}
		switch Fate(l.fate.Load()) {
		case CutAnswered:
		case CutMidway:
			l.client.Write(b[:n/2]) //nolint:errcheck // it is about to be cut
		default:
			if _, err := l.client.Write(b[:n]); err != nil {
				return
			}
			continue
		}
		if ready(b[:n]) || Fate(l.fate.Load()) == CutMidway {
			l.answered <- struct{}{}
			return
		}
	}
}

// ready says whether an answer ends with ReadyForQuery.
func ready(b []byte) bool {
	return len(b) >= 6 && bytes.Equal(b[len(b)-6:len(b)-1], []byte{'Z', 0, 0, 0, 5})
}
