/** The cluster seen through /proc. */
@NullMarked
package org.linuxssi.procfs;

import org.jspecify.annotations.NullMarked;
