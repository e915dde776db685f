/** Enhanced process management: create and migrate processes. */
@NullMarked
package org.linuxssi.epm;

import org.jspecify.annotations.NullMarked;
