package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// languageServer is a YAML language server in a process of its own, spoken to
// by the Language Server Protocol, version 3.17, over its standard input and
// output.
type languageServer struct {
	t     *testing.T
	in    io.Writer
	lines chan rpc // what it sends
	next  int
	docs  map[string][]lspDiagnostic // the last findings, by URI
}

// rpc is a message of JSON-RPC 2.0.
type rpc struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

type lspPosition struct {
	Line      int `json:"line"` // both from 0
	Character int `json:"character"`
}

type lspDiagnostic struct {
	Range struct {
		Start, End lspPosition
	}
	Message string
}

// startLanguageServer starts the server that YAML_LANGUAGE_SERVER names or, if
// that is not set, the one on the path. Without one the test is skipped.
func startLanguageServer(t *testing.T) *languageServer {
	t.Helper()
	program := os.Getenv("YAML_LANGUAGE_SERVER")
	if program == "" {
		found, err := exec.LookPath("yaml-language-server")
		if err != nil {
			t.Skip("yaml-language-server is not installed; tools/test installs it")
		}
		program = found
	}
	cmd := exec.CommandContext(t.Context(), program, "--stdio")
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &languageServer{t: t, in: in, lines: make(chan rpc), docs: map[string][]lspDiagnostic{}}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(s.lines)
		s.read(bufio.NewReader(out), stop)
	}()
	t.Cleanup(func() {
		close(stop)
		in.Close()
		_ = cmd.Process.Kill()
		<-ended
		_ = cmd.Wait() // it was killed
	})
	return s
}

// read sends on what the server says, until it ends.
func (s *languageServer) read(r *bufio.Reader, stop chan struct{}) {
	for {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		size, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m rpc
		if err := json.Unmarshal(body, &m); err != nil {
			return
		}
		select {
		case s.lines <- m:
		case <-stop:
			return
		}
	}
}

func (s *languageServer) send(m rpc) {
	s.t.Helper()
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		s.t.Fatalf("the server does not listen: %v", err)
	}
}

func (s *languageServer) notify(method string, params any) {
	s.t.Helper()
	s.send(rpc{Method: method, Params: s.encoded(params)})
}

// request waits for the answer. What the server asks meanwhile is answered.
func (s *languageServer) request(method string, params, result any) {
	s.t.Helper()
	s.next++
	id := json.RawMessage(strconv.Itoa(s.next))
	s.send(rpc{ID: id, Method: method, Params: s.encoded(params)})
	s.until(method, func(m rpc) bool {
		if m.Method != "" || string(m.ID) != string(id) {
			return false
		}
		if m.Error != nil {
			s.t.Fatalf("%s: %s", method, m.Error)
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			s.t.Fatalf("%s: %v in %s", method, err, m.Result)
		}
		return true
	})
}

// until reads messages until one is what was waited for.
func (s *languageServer) until(what string, is func(rpc) bool) {
	s.t.Helper()
	tooLong := time.After(3 * time.Minute)
	for {
		select {
		case m, ok := <-s.lines:
			if !ok {
				s.t.Fatalf("%s: the server has ended", what)
			}
			s.take(m)
			if is(m) {
				return
			}
		case <-tooLong:
			s.t.Fatalf("%s: nothing came", what)
		}
	}
}

// take answers the server's own requests and keeps its findings.
func (s *languageServer) take(m rpc) {
	s.t.Helper()
	switch {
	case m.Method == "textDocument/publishDiagnostics":
		var p struct {
			URI         string
			Diagnostics []lspDiagnostic
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			s.t.Fatal(err)
		}
		s.docs[p.URI] = p.Diagnostics
	case m.Method == "workspace/configuration":
		settings := map[string]any{"validate": true, "hover": true, "completion": true, "schemaStore": map[string]any{"enable": false}}
		var p struct{ Items []struct{ Section string } }
		if err := json.Unmarshal(m.Params, &p); err != nil {
			s.t.Fatal(err)
		}
		var all []any
		for _, item := range p.Items {
			if item.Section == "yaml" {
				all = append(all, settings)
			} else {
				all = append(all, map[string]any{})
			}
		}
		s.send(rpc{ID: m.ID, Result: s.encoded(all)})
	case m.Method != "" && m.ID != nil:
		s.send(rpc{ID: m.ID, Result: json.RawMessage("null")})
	}
}

func (s *languageServer) encoded(v any) json.RawMessage {
	s.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// initialize opens the folder.
func (s *languageServer) initialize(dir string) {
	s.t.Helper()
	var result struct{ Capabilities map[string]any }
	s.request("initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": fileURI(dir),
		"capabilities": map[string]any{
			"workspace":    map[string]any{"configuration": true},
			"textDocument": map[string]any{"publishDiagnostics": map[string]any{}, "hover": map[string]any{"contentFormat": []string{"markdown"}}},
		},
	}, &result)
	if result.Capabilities["completionProvider"] == nil || result.Capabilities["hoverProvider"] == nil {
		s.t.Fatalf("the server offers %v", result.Capabilities)
	}
	s.notify("initialized", map[string]any{})
}

// open shows the server a file and waits for its findings.
func (s *languageServer) open(name, text string) string {
	s.t.Helper()
	uri := fileURI(name)
	s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
	s.until("the findings of "+filepath.Base(name), func(rpc) bool { return s.docs[uri] != nil })
	return uri
}

// completions are the labels that are offered at a place.
func (s *languageServer) completions(uri string, at lspPosition) map[string]string {
	s.t.Helper()
	var list struct {
		Items []struct {
			Label         string
			Documentation any
			InsertText    string
		}
	}
	s.request("textDocument/completion", placeIn(uri, at), &list)
	offered := map[string]string{}
	for _, item := range list.Items {
		doc, _ := item.Documentation.(string)
		if m, ok := item.Documentation.(map[string]any); ok {
			doc, _ = m["value"].(string)
		}
		offered[item.Label] = doc
	}
	return offered
}

// hover is the text that is shown for a place.
func (s *languageServer) hover(uri string, at lspPosition) (string, error) {
	s.t.Helper()
	var result *struct{ Contents struct{ Value string } }
	s.request("textDocument/hover", placeIn(uri, at), &result)
	if result == nil {
		return "", errors.New("nothing is shown")
	}
	return result.Contents.Value, nil
}

func placeIn(uri string, at lspPosition) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": uri}, "position": at}
}

func fileURI(name string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name)}).String()
}
