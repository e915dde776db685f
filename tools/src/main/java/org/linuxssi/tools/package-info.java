/** Codecs, clocks, node masks and life cycles: what every layer uses and that knows no layer. */
@NullMarked
package org.linuxssi.tools;

import org.jspecify.annotations.NullMarked;
