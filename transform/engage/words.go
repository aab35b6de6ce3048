package engage

// UnderWay tells of a status that says that a request is not answered yet.
func (w Words) UnderWay(status string) bool { return status == w.RequestSent || status == w.Retry }

// Failed tells of a status that says that a request was answered with a failure.
func (w Words) Failed(status string) bool {
	return status == w.NoLicenses || status == w.InvalidGroup || status == w.RequestFailed
}
