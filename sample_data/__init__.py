"""What makes the app work offline? Clips, a long recording and the code that draws them."""
