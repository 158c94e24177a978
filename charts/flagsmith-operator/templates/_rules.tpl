{{/* What the operator may do with its own kinds. */}}
{{- define "flagsmith-operator.objectRules" -}}
- apiGroups: [flagsmith-operator.dev]
  resources: [flagsmithconnections, flagsmithprojects, flagsmithenvironments, flagsmithsegments, featureflags]
  # patch: the finalizer
  verbs: [list, watch, patch]
- apiGroups: [flagsmith-operator.dev]
  resources: [flagsmithconnections/status, flagsmithprojects/status, flagsmithenvironments/status, flagsmithsegments/status, featureflags/status]
  verbs: [patch]
{{- end -}}

{{/* What the operator may do in the namespaces that it watches. README.md says why; the suite runs with just this. */}}
{{- define "flagsmith-operator.rules" -}}
{{ include "flagsmith-operator.objectRules" . }}
- apiGroups: [""]
  resources: [secrets, configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}

{{/* How a binding names the ServiceAccount. */}}
{{- define "flagsmith-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "flagsmith-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
