package prove

// heap64 is a heap of nodes by their distance.
type heap64 []far64

type far64 struct {
	cost int64
	id   int32
}

func (h *heap64) push(cost int64, id int32) {
	*h = append(*h, far64{cost, id})
	for i := len(*h) - 1; i > 0; {
		up := (i - 1) / 2
		if (*h)[up].cost <= (*h)[i].cost {
			break
		}
		(*h)[up], (*h)[i] = (*h)[i], (*h)[up]
		i = up
	}
}

func (h *heap64) pop() (int64, int32) {
	top := (*h)[0]
	last := len(*h) - 1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && (*h)[down+1].cost < (*h)[down].cost {
			down++
		}
		if (*h)[i].cost <= (*h)[down].cost {
			break
		}
		(*h)[i], (*h)[down] = (*h)[down], (*h)[i]
		i = down
	}
	return top.cost, top.id
}
