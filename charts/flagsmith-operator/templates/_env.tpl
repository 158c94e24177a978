{{/* What the operator is told: the flags of `flagsmith-operator run`, by their environment variables. */}}
{{- define "flagsmith-operator.env" -}}
- {name: FLAGSMITH_OPERATOR_LISTEN, value: "0.0.0.0:8080"}
- {name: FLAGSMITH_OPERATOR_LOG_FORMAT, value: {{ .Values.log.format | quote }}}
- {name: FLAGSMITH_OPERATOR_LOG_LEVEL, value: {{ .Values.log.level | quote }}}
- {name: FLAGSMITH_OPERATOR_LEADER_ELECT_NAMESPACE, value: {{ .Release.Namespace | quote }}}
- {name: FLAGSMITH_OPERATOR_LEASE_DURATION, value: {{ .Values.leaderElection.leaseDuration | quote }}}
- {name: FLAGSMITH_OPERATOR_REQUEST_TIMEOUT, value: {{ .Values.requestTimeout | quote }}}
- {name: FLAGSMITH_OPERATOR_RESYNC_INTERVAL, value: {{ .Values.resyncInterval | quote }}}
{{- with .Values.watchNamespaces }}
- {name: FLAGSMITH_OPERATOR_WATCH_NAMESPACE, value: {{ join "," . | quote }}}
{{- end }}
{{- end -}}
