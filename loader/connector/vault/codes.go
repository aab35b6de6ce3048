package vault

import (
	"slices"

	"rosterload/transform/engage"
	"rosterload/validate"
)

// codes explains Engage's reason codes, and the Vault's own refusals behind VAULT_.
func codes() []validate.Code {
	return slices.Concat(engage.Codes(), []validate.Code{
		{
			Code: "VAULT_INSUFFICIENT_ACCESS", Means: "Our user may not change this user.",
			Cure: "rosterload check TARGET names the right that is missing.",
		},
		{
			Code: "VAULT_SDK_ERROR", Means: "A trigger of the Vault failed on this user.",
			Cure: "Give the reason to the Vault's administrator.",
		},
		{
			Code: "VAULT_*", Means: "The Vault refused the row with this type of error; the reason is its own sentence.",
			Cure: "Correct what the sentence names and load failed.csv.",
		},
	})
}
