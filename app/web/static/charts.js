// Draws what stands as JSON beside each picture; the same figures follow as a table for who does not see it.
"use strict";
const blue = ["#1f5fae", "#4d9a6a", "#c98a2b", "#8a6bb5", "#6b7785", "#b8564d", "#3f8fa8", "#a0a83c"];
const font = getComputedStyle(document.body).fontFamily;
const short = (n) => (n >= 1e6 ? n / 1e6 + "M" : n >= 1e4 ? n / 1e3 + "k" : n);
function option(spec) {
  const base = { textStyle: { fontFamily: font, fontSize: 12 }, color: blue, animation: false, tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" } } };
  if (spec.kind === "ring") {
    return { ...base, tooltip: { renderMode: "richText" }, legend: { orient: "vertical", right: 0, top: "middle", itemWidth: 10, itemHeight: 10 },
      series: [{ type: "pie", radius: ["48%", "74%"], center: ["32%", "50%"], label: { show: false }, data: spec.labels.map((name, i) => ({ name, value: spec.values[i] })) }] };
  }
  if (spec.kind === "months") {
    return { ...base, legend: { top: 0, itemWidth: 12, itemHeight: 10 }, grid: { left: 42, right: 8, top: 28, bottom: 24 },
      xAxis: { type: "category", data: spec.labels, axisTick: { show: false } }, yAxis: { type: "value", axisLabel: { formatter: short } },
      series: spec.series.map((s) => ({ name: s.name, type: "bar", data: s.values, barGap: 0 })) };
  }
  return { ...base, grid: { left: 8, right: 44, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: "value", show: false }, yAxis: { type: "category", inverse: true, data: spec.labels, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { width: 118, overflow: "truncate" } },
    series: [{ type: "bar", data: spec.values, barMaxWidth: 14, label: { show: true, position: "right", fontSize: 11 } }] };
}
document.querySelectorAll(".chart").forEach((box) => {
  const spec = JSON.parse(box.previousElementSibling.textContent);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption(option(spec));
  if (spec.links) chart.on("click", (p) => { const to = spec.links[p.dataIndex]; if (to) location.href = to; });
  new ResizeObserver(() => chart.resize()).observe(box);
  box.dataset.drawn = "1";
});
