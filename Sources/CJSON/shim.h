#ifndef PARE_CJSON_SHIM_H
#define PARE_CJSON_SHIM_H

#include <json.h>

/// json-c's flags are macros of casts, which the importer does not see.
static inline int pare_json_strict(void) { return JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8; }

#endif
