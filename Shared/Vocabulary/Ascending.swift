// Lists in order, searched by halves.

extension Array {
    /// How many elements stand at the beginning for which `isBefore` holds, in a list where it holds for none after one for which it does not:
    /// the place of the first of the others, and where a new one would go.
    public func prefixCount(while isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
