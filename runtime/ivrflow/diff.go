package main

import (
	"fmt"
	"strings"
)

// edit is a line of a comparison: ' ' in both files, '-' or '+' in one.
type edit struct {
	sign byte
	text string
}

// around is the number of equal lines shown beside a change.
const around = 3

// diff shows what changes in a file, in the unified form that patch reads. how is
// what makes the change, in a word.
func diff(name, how, before, after string) string {
	edits := compare(strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n"))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s (%s)\n", name, name, how)
	from, to := 1, 1 // lines
	for i := 0; i < len(edits); {
		if edits[i].sign == ' ' && !changesWithin(edits[i:], around) {
			i, from, to = i+1, from+1, to+1
			continue
		}
		n := hunk(edits[i:])
		fewer, more := count(edits[i:i+n], '+'), count(edits[i:i+n], '-')
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", lineRange(from, n-fewer), lineRange(to, n-more))
		for _, e := range edits[i : i+n] {
			b.WriteString(string(e.sign) + e.text)
			if !strings.HasSuffix(e.text, "\n") {
				b.WriteString("\n\\ No newline at end of file\n")
			}
		}
		i, from, to = i+n, from+n-fewer, to+n-more
	}
	return b.String()
}

// lineRange is a part of a file in a hunk's head. One without lines is named by
// the line before it.
func lineRange(from, n int) string {
	if n == 0 {
		from--
	}
	return fmt.Sprintf("%d,%d", from, n)
}

// changesWithin says that one of the next lines changes.
func changesWithin(edits []edit, n int) bool {
	for _, e := range edits[:min(n+1, len(edits))] {
		if e.sign != ' ' {
			return true
		}
	}
	return false
}

// hunk is the number of lines until the changes are over.
func hunk(edits []edit) int {
	last := 0
	for i, e := range edits {
		if e.sign != ' ' {
			last = i
		}
		if i-last > 2*around {
			break
		}
	}
	return min(last+1+around, len(edits))
}

func count(edits []edit, sign byte) int {
	n := 0
	for _, e := range edits {
		if e.sign == sign {
			n++
		}
	}
	return n
}

// maxTable is the size of the table that compare fills. Files that need a
// larger one are shown as changed altogether.
const maxTable = 25_000_000

// compare finds a longest common subsequence of two files' lines, between the
// lines that they begin and end with.
func compare(a, b []string) []edit {
	a, b = withoutEmpty(a), withoutEmpty(b)
	var out, tail []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		out = append(out, edit{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append([]edit{{' ', a[len(a)-1]}}, tail...)
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for keep := common(a, b); len(a) > 0 || len(b) > 0; {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			out = append(out, edit{' ', a[0]})
			a, b = a[1:], b[1:]
		case len(a) > 0 && (len(b) == 0 || keep(len(a)-1, len(b)) >= keep(len(a), len(b)-1)):
			out = append(out, edit{'-', a[0]})
			a = a[1:]
		default:
			out = append(out, edit{'+', b[0]})
			b = b[1:]
		}
	}
	return append(out, tail...)
}

// withoutEmpty takes off what SplitAfter makes of a last line break.
func withoutEmpty(lines []string) []string {
	if n := len(lines); n > 0 && lines[n-1] == "" {
		return lines[:n-1]
	}
	return lines
}

// common says how many lines the last i of a and the last j of b have in
// common, in their order.
func common(a, b []string) func(i, j int) int {
	if len(a)*len(b) > maxTable {
		return func(i, j int) int { return 0 }
	}
	width := len(b) + 1
	table := make([]int32, (len(a)+1)*width)
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			if a[len(a)-i] == b[len(b)-j] {
				table[i*width+j] = table[(i-1)*width+j-1] + 1
				continue
			}
			table[i*width+j] = max(table[(i-1)*width+j], table[i*width+j-1])
		}
	}
	return func(i, j int) int { return int(table[i*width+j]) }
}
