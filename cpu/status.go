package cpu

import (
	"fmt"
	"slices"
)

// statusNames are the statuses there are, by their codes. What shows, counts or stores
// statuses goes by it, by StatusCount and by Statuses.
var statusNames = [StatusCount]string{
	StepLimit: "step-limit",
	Diverged:  "diverged",
	Converged: "converged",
	Periodic:  "periodic",
}

// statusOrder has the statuses from those that end well to those that do not.
var statusOrder = []Status{Converged, Periodic, StepLimit, Diverged}

// Statuses returns the statuses there are, in the order in which legends and reports
// list them.
func Statuses() []Status { return slices.Clone(statusOrder) }

// String returns the status as tables show it, such as "step-limit".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}
