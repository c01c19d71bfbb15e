"""A look inside a trained network at work on one example: filters, feature maps, what an image's class rests on, the
states and gates of recurrent layers over time. Figures are PNGs; a page holds them all."""
