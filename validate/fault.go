package validate

// Fault is why a line cannot be asked for. It is a result, never an error.
type Fault struct {
	Code    string // ROW_… or USER_BAD_ID
	Reason  string // a sentence that names line and column
	Next    string // next step
	Skipped bool   // left out on purpose, not failed
}

// The codes of records that are wrong as such, whatever their cells say.
const (
	codeColumns  = "ROW_COLUMNS"
	codeQuoting  = "ROW_QUOTING"
	codeEncoding = "ROW_ENCODING"
	codeTooLong  = "ROW_VALUE_TOO_LONG"
)

const (
	fixAndLoad = "fix-and-load"
	changeKey  = "change-key"
)

func fault(code, reason string) *Fault { return &Fault{Code: code, Reason: reason, Next: fixAndLoad} }
