/** The only module with native calls: system calls, their constants and structures, by the foreign-function API. */
@NullMarked
package org.linuxssi.linux;

import org.jspecify.annotations.NullMarked;
