package salesforce

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"rosterload/loader/simulator/front"
)

const soapFault = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_OPERATION</faultcode><faultstring>` +
	`INVALID_OPERATION: SOAP API login() is disabled by default in this org.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`

const soapLogin = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result><metadataServerUrl>%[1]s</metadataServerUrl>` +
	`<passwordExpired>false</passwordExpired><sandbox>%[5]t</sandbox><serverUrl>%[1]s</serverUrl><sessionId>%[2]s</sessionId><userId>%[3]s</userId>` +
	`<userInfo><organizationId>%[4]s</organizationId><userId>%[3]s</userId><userName>` + adminName +
	`</userName></userInfo></result></loginResponse>` +
	`</soapenv:Body></soapenv:Envelope>`

const soapLogout = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns="urn:partner.soap.sforce.com"><soapenv:Body><logoutResponse/></soapenv:Body></soapenv:Envelope>`

var soapSession = regexp.MustCompile(`<(?:\w+:)?sessionId>([^<]+)<`)

// serveSoap signs older clients in and out, unless a switch says that the org does not have it any more.
func (s *Server) serveSoap(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml; charset=UTF-8")
	ask := string(front.Body(r))
	if m := soapSession.FindStringSubmatch(ask); m != nil && strings.Contains(ask, "<logout") {
		s.revoke(m[1])
		fmt.Fprint(w, soapLogout)
		return
	}
	if s.switches().SoapFault || !strings.Contains(ask, "login") {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, soapFault)
		return
	}
	fmt.Fprintf(w, soapLogin, origin(r)+r.URL.Path+"/"+s.id, s.mint(), s.admin, s.id, s.switches().Sandbox)
}
