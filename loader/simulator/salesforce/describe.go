package salesforce

import (
	"net/http"
	"strings"

	"rosterload/loader/simulator/org"
)

// objectBase is the address of the object User.
func objectBase(r *http.Request) string {
	return "/services/data/" + r.PathValue("version") + "/sobjects/User"
}

func (s *Server) serveObjects(w http.ResponseWriter, r *http.Request) {
	reply(w, 200, map[string]any{
		"encoding": "UTF-8", "maxBatchSize": 200,
		"sobjects": []any{objectInfo(objectBase(r))},
	})
}

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "User" {
		notFound(w)
		return
	}
	reply(w, 200, map[string]any{"objectDescribe": objectInfo(objectBase(r)), "recentItems": []any{}})
}

func objectInfo(base string) map[string]any {
	return map[string]any{
		"name": "User", "label": "User", "labelPlural": "Users", "keyPrefix": "005", "custom": false,
		"createable": true,
		"updateable": true, "deletable": false,
		"queryable": true, "retrieveable": true, "searchable": true, "triggerable": true, "undeletable": false,
		"mergeable": false, "layoutable": false, "replicateable": true,
		"activateable": false, "customSetting": false, "deprecatedAndHidden": false, "feedEnabled": true,
		"hasSubtypes": false, "isSubtype": false,
		"urls": map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"},
	}
}

// serveDescribe describes an object as its caller may see it.
func (s *Server) serveDescribe(w http.ResponseWriter, r *http.Request) {
	if t := s.table(r.PathValue("object")); t != nil {
		describeTable(w, t)
		return
	}
	if r.PathValue("object") != "User" {
		notFound(w)
		return
	}
	d := objectInfo(objectBase(r))
	all := []any{}
	every := s.allFields()
	for i := range every {
		f := &every[i]
		if s.fieldNamed(f.name) == nil {
			continue // a field that the caller may not read is not there
		}
		all = append(all, s.describe(f))
	}
	d["fields"], d["recordTypeInfos"], d["childRelationships"] = all, []any{}, []any{}
	reply(w, 200, d)
}

func picklistValue(value, label string) map[string]any {
	return map[string]any{"active": true, "defaultValue": false, "label": label, "validFor": nil, "value": value}
}

func (s *Server) describe(f *field) map[string]any {
	values := []any{}
	if f.name == statusName {
		for status := org.Sent; status <= org.Retry; status++ {
			values = append(values, picklistValue(statusNames[status], label(statusNames[status])))
		}
	}
	for _, v := range s.extra[strings.ToLower(f.name)].Values {
		values = append(values, picklistValue(v, v))
	}
	length := f.length
	if n := s.switches().RequestLength; f.name == requestName && n > 0 {
		length = n
	}
	editable := s.isEditable(f)
	return map[string]any{
		"name": f.name, "label": label(f.name), "type": f.kind, "length": length, "byteLength": 3 * length,
		"soapType": "xsd:string", "createable": editable, "updateable": editable,
		"nillable": !f.required, "custom": strings.HasSuffix(f.name, "__c"), "unique": f.name == "Username",
		"externalId": false, "caseSensitive": false,
		"idLookup": f.name == "Id" || f.name == "Username" || f.name == "Email", "nameField": f.name == "Name",
		"filterable": true, "sortable": true, "groupable": true,
		"aggregatable": true, "autoNumber": false, "calculated": false, "calculatedFormula": nil,
		"cascadeDelete":     false,
		"compoundFieldName": nil, "controllerName": nil,
		"defaultValue": nil, "defaultedOnCreate": false, "dependentPicklist": false, "deprecatedAndHidden": false,
		"digits": 0, "displayLocationInDecimal": false,
		"encrypted": false, "extraTypeInfo": nil, "filteredLookupInfo": nil, "formulaTreatNullNumberAsZero": false,
		"highScaleNumber": false, "htmlFormatted": false,
		"inlineHelpText": nil, "mask": nil, "maskType": nil, "namePointing": false,
		"permissionable": strings.HasSuffix(f.name, "__c"), "picklistValues": values,
		"polymorphicForeignKey": false, "precision": 0, "queryByDistance": false, "referenceTargetField": nil,
		"referenceTo": []any{}, "relationshipName": nil,
		"relationshipOrder": nil, "restrictedDelete": false, "restrictedPicklist": f.name == statusName, "scale": 0,
		"searchPrefilterable":     false,
		"writeRequiresMasterRead": false, "aiPredictionField": false,
	}
}
