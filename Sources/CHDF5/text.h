// Text of bounded length for messages; what does not fit is cut.

#ifndef CHDF5_TEXT_H
#define CHDF5_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct text {
  char bytes[256];
  size_t length;
};

__attribute__((format(printf, 2, 3))) static inline void text_append(struct text *text, const char *format, ...) {
  size_t room = sizeof text->bytes - text->length;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text->bytes + text->length, room, format, arguments);
  va_end(arguments);
  if (length > 0) text->length += (size_t)length < room ? (size_t)length : room - 1;
}

static inline int text_is_full(const struct text *text) { return text->length + 1 >= sizeof text->bytes; }

#endif
