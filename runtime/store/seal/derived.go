package seal

import "github.com/ivrflow/ivrflow/framework/ivr"

// Derived is a key of a session that is stored nowhere: whoever has the master
// key has it, also a node that does not have the session's other keys. It cannot
// be destroyed. name is the key's, "mail".
func (m *Master) Derived(session ivr.SessionID, name string) (*Key, error) {
	raw, err := m.derive(name+" of "+string(session), KeySize)
	if err != nil {
		return nil, err
	}
	return newKey(session, name, raw), nil
}
