package control

import (
	"fmt"
	"net/http"
	"strconv"
)

// People is a list of people.
type People struct {
	People []Person `json:"people"`
}

func peopleRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/people", ID: "listPeople", Doc: "List who was registered. Everybody else answers, and does nothing by themselves.",
			Out: People{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error { return c.answer(People{c.world.people.list()}) }},
		{Method: http.MethodGet, Path: "/people/{person}", ID: "getPerson", Doc: "Tell how somebody behaves.",
			Out: Person{}, Status: http.StatusOK, handle: servePerson},
		{Method: http.MethodPut, Path: "/people/{person}", ID: "putPerson", Doc: "Say how somebody behaves from now on, by their number or object id. Calls that they are in go on as they began.",
			In: Person{}, Out: Person{}, Status: http.StatusOK, handle: servePut},
		{Method: http.MethodDelete, Path: "/people/{person}", ID: "deletePerson", Doc: "Forget somebody.",
			Status: http.StatusNoContent, handle: serveForget},
	}
}

func nobody(id string) error {
	return missing(fmt.Sprintf("nobody is known as %q", id), "see GET "+Root+"/people")
}

func servePerson(_ *Server, c *call) error {
	person, ok := c.world.people.get(c.r.PathValue("person"))
	if !ok {
		return nobody(c.r.PathValue("person"))
	}
	return c.answer(person)
}

func servePut(_ *Server, c *call) error {
	person := Person{ID: c.r.PathValue("person")}
	if err := c.into(&person); err != nil {
		return err
	}
	if personKey(person.ID) != personKey(c.r.PathValue("person")) {
		return bad("id", fmt.Sprintf("%q is not who the path names", person.ID), "leave it out")
	}
	if err := person.check(); err != nil {
		return err
	}
	c.world.people.put(person)
	return c.answer(person)
}

func serveForget(_ *Server, c *call) error {
	if !c.world.people.forget(c.r.PathValue("person")) {
		return nobody(c.r.PathValue("person"))
	}
	return c.answer(nil)
}

// Faults is a list of faults.
type Faults struct {
	Faults []Fault `json:"faults"`
}

func faultRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/faults", ID: "listFaults", Doc: "List the faults, and how often each struck.",
			Out: Faults{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error { return c.answer(Faults{c.world.faults.all()}) }},
		{Method: http.MethodPost, Path: "/faults", ID: "addFault", Doc: "Let something fail from now on.",
			In: Fault{}, Out: Fault{}, Status: http.StatusCreated, handle: serveFault},
		{Method: http.MethodDelete, Path: "/faults", ID: "deleteFaults", Doc: "Let nothing fail any more.",
			Status: http.StatusNoContent, handle: func(_ *Server, c *call) error { c.world.faults.remove(0); return c.answer(nil) }},
		{Method: http.MethodDelete, Path: "/faults/{fault}", ID: "deleteFault", Doc: "Take a fault away.",
			Status: http.StatusNoContent, handle: serveMend},
	}
}

func serveFault(_ *Server, c *call) error {
	var f Fault
	if err := c.into(&f); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	return c.answer(c.world.faults.add(f))
}

func serveMend(_ *Server, c *call) error {
	id, err := strconv.Atoi(c.r.PathValue("fault"))
	if err != nil || id < 1 || !c.world.faults.remove(id) {
		return missing(fmt.Sprintf("there is no fault %q", c.r.PathValue("fault")), "take an id of GET "+Root+"/faults")
	}
	return c.answer(nil)
}
