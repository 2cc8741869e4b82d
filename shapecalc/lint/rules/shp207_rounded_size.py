"""The output is nearly the input's size, and not the same.

On the way down sizes are rounded (a pool of 10 rows by 4 keeps 2, of 8 rows), and the way up multiplies: what comes
back is a few rows short or long, for some inputs alone. If input and output are to be compared, choose a size that
divides, pad the input, or give the upsampling the size that was (`output_size`, `size=`).

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
"""

LEVEL = "warning"
