package store

import (
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/pkg/xattr"
)

// receiptName is the extended attribute of a finished file that says of which work it is. A copy of the
// file has it only if who copies asks for that.
const receiptName = "user.losscape.work"

// receipt is what it says, as JSON.
type receipt struct {
	Work    string          `json:"work"` // Manifest.ID, in hexadecimal digits
	Bytes   int64           `json:"bytes"`
	Changed int64           `json:"changed"` // the time of the file's last change, compared alone
	Note    json.RawMessage `json:"note,omitempty"`
}

// receiptOf returns what a receipt says of a file as it is now, but for the work.
func receiptOf(path string) (r receipt, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return r, false
	}
	return receipt{Bytes: info.Size(), Changed: info.ModTime().UnixNano()}, true
}

// workOf returns how a receipt calls work.
func workOf(m Manifest) string {
	m.Version = formatVersion
	id := m.ID()
	return hex.EncodeToString(id[:])
}

// Sign leaves a receipt on a file that has been finished: that it is of the store's work. note, of some
// hundred bytes, is Signed's. It fails where the file system has no extended attributes, or has no
// room for one.
func (s *Store) Sign(path string, note json.RawMessage) error {
	r, _ := receiptOf(path)
	r.Work, r.Note = workOf(s.m), note
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return xattr.Set(path, receiptName, text)
}

// read returns the receipt of a file that has not been changed since.
func read(path string) (r receipt, ok bool) {
	now, ok := receiptOf(path)
	if !ok {
		return r, false
	}
	text, err := xattr.Get(path, receiptName)
	if err != nil || json.Unmarshal(text, &r) != nil {
		return r, false
	}
	return r, r.Bytes == now.Bytes && r.Changed == now.Changed
}

// Signed reports whether a file is the finished work that m says, by its receipt, and has not been changed
// since, with the note. Where there are no receipts no file is.
func Signed(path string, m Manifest) (note json.RawMessage, ok bool) {
	r, ok := read(path)
	return r.Note, ok && r.Work == workOf(m)
}

// Finished reports whether a file is finished work, of whatever kind, as Signed does.
func Finished(path string) bool {
	_, ok := read(path)
	return ok
}
