/** Images of processes and of the resources they hold. */
@NullMarked
package org.linuxssi.ghost;

import org.jspecify.annotations.NullMarked;
