"""How was the tiny model made? Its networks, the clips it saw, and its training."""
