/** Many real nodes on one machine, for tests and demonstrations. */
@NullMarked
package org.linuxssi.testbed;

import org.jspecify.annotations.NullMarked;
