package store

import (
	"os"
	"path/filepath"
	"time"
)

// Status is how far work has come.
type Status struct {
	Dir      string
	Manifest Manifest
	Done     []int         // pieces that are there, ascending
	Missing  []int         // that are not
	Damaged  []int         // of the missing ones, those that are there and have been cut or are of other work
	Bytes    int64         // of the pieces that are there
	Took     time.Duration // all that they took to compute, one after another
	Running  []string      // processes that work on it, as far as they say who they are
	Others   []string      // files in the folder that are no store's
}

// Left returns how long the missing pieces take if they take what the others did, shared out
// among the processes that work on it, or one. It is 0 if nothing is known.
func (s *Status) Left() time.Duration {
	if len(s.Done) == 0 {
		return 0
	}
	each := s.Took / time.Duration(len(s.Done))
	return each * time.Duration(len(s.Missing)) / time.Duration(max(len(s.Running), 1))
}

// Look returns how far the work of a store has come. It takes no lock for longer than a moment, and
// reads the ends of the pieces only: bits that have changed are found when the pieces are used. The
// error wraps ErrNone if there is no store.
func Look(dir string) (*Status, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, missing(dir, err)
	}
	names, err := readNames(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, m: *m, id: m.ID()}
	st := &Status{Dir: dir, Manifest: *m, Others: names.others}
	there := map[int]bool{}
	for _, k := range names.pieces {
		if k >= m.Pieces {
			continue
		}
		there[k] = true
		p, err := s.Get(k)
		if err != nil {
			if os.IsNotExist(err) {
				continue
			}
			st.Damaged = append(st.Damaged, k)
			continue
		}
		st.Done = append(st.Done, k)
		st.Bytes += p.Size()
		st.Took += p.t.took
		p.Close()
	}
	done := map[int]bool{}
	for _, k := range st.Done {
		done[k] = true
	}
	for k := range m.Pieces {
		if !done[k] {
			st.Missing = append(st.Missing, k)
		}
	}
	for _, name := range names.own {
		if filepath.Ext(name) == ".lock" && name != manifestName+".lock" || name == lockName {
			if who, ok := held(filepath.Join(dir, name)); ok {
				st.Running = append(st.Running, who)
			}
		}
	}
	return st, nil
}
