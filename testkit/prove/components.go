package prove

// components numbers the nodes so that two have the same number if and only if
// each can be reached from the other, over the edges that are allowed (Tarjan).
func components(n int, out func(int32) []edge, allowed func(int32, *edge) bool) []int32 {
	t := &tarjan{out: out, allowed: allowed, index: make([]int32, n), low: make([]int32, n), comp: make([]int32, n)}
	for i := range t.comp {
		t.comp[i] = -1
	}
	for i := range n {
		if t.index[i] == 0 {
			t.visit(int32(i))
		}
	}
	return t.comp
}

type tarjan struct {
	out     func(int32) []edge
	allowed func(int32, *edge) bool

	index, low, comp []int32
	count, comps     int32
	open             []int32 // not yet in a component
}

func (t *tarjan) visit(root int32) {
	stack := []frame{{root, 0}}
	t.enter(root)
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		out := t.out(f.id)
		if f.next < len(out) {
			e := &out[f.next]
			f.next++
			switch {
			case !t.allowed(f.id, e):
			case t.index[e.to] == 0:
				t.enter(e.to)
				stack = append(stack, frame{e.to, 0})
			case t.comp[e.to] < 0:
				t.low[f.id] = min(t.low[f.id], t.index[e.to])
			}
			continue
		}
		id := f.id
		stack = stack[:len(stack)-1]
		if len(stack) > 0 {
			up := stack[len(stack)-1].id
			t.low[up] = min(t.low[up], t.low[id])
		}
		if t.low[id] == t.index[id] {
			t.close(id)
		}
	}
}

func (t *tarjan) enter(id int32) {
	t.count++
	t.index[id], t.low[id] = t.count, t.count
	t.open = append(t.open, id)
}

// close makes a component of all that were entered since a node, itself included.
func (t *tarjan) close(id int32) {
	for {
		last := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.comp[last] = t.comps
		if last == id {
			break
		}
	}
	t.comps++
}
